/** @import { ExchangeDetails } from "../api/types.d.ts" */
import { element } from "../dom/element.js";

/**
 * Which check of the credential failed.
 * @param {NonNullable<ExchangeDetails["authentication"]>} authentication
 */
export function authenticationCard({ check, expected, received, remedy }) {
  /** @type {(label: string, value: string) => HTMLElement} */
  const fact = (label, value) => element("div", null, element("dt", null, label), element("dd", null, value));
  return element(
    "section",
    { class: "exchange-section" },
    element("h3", null, "Why it was not let in"),
    element(
      "dl",
      { class: "facts" },
      fact("Check", check.replaceAll("_", " ")),
      fact("Expected", expected),
      fact("Received", received),
      fact("To mend it", remedy),
    ),
  );
}
