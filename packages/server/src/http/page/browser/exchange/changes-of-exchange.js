/** @import { ExchangeDetails } from "../api/types.d.ts" */
import { element } from "../dom/element.js";
import { changesTable } from "../resources/changes-table.js";

/**
 * What an exchange truly changed, before and after.
 * @param {ExchangeDetails} details
 */
export function changesOfExchange({ sentences = [], changes = [] }) {
  const named = sentences.flatMap(({ attributes = [] }) => attributes);
  const table = changesTable(
    changes.flatMap((each) => each.changes),
    named,
  );
  return table && element("section", { class: "exchange-section" }, element("h3", null, "What changed"), table);
}
