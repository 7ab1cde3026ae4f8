/** @import { ExchangeDetails } from "../api/types.d.ts" */
import { element } from "../dom/element.js";

/**
 * What was accepted although the RFCs do not have it.
 * @param {NonNullable<ExchangeDetails["notes"]>} notes
 */
export function notesList(notes) {
  return element(
    "ul",
    { class: "notes" },
    notes.map(({ code, ...members }) => {
      const words = Object.values(members).filter((value) => typeof value === "string" && value !== "");
      return element("li", null, element("code", null, code), words.length > 0 && ` ${words.join(", ")}`);
    }),
  );
}
