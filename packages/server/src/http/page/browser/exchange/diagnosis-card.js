/** @import { Diagnosis, Remedy } from "../api/types.d.ts" */
import { element } from "../dom/element.js";
import { icon } from "../dom/icon.js";

/** @type {Readonly<Record<Remedy["where"], string>>} */
const PLACES = {
  "identity-provider": "At the identity provider",
  endpoint: "In the endpoint's settings",
  server: "On this server",
};

/**
 * Why a request failed and what to do: what was sent, the rule it met, what to change, whether it comes again.
 * @param {Diagnosis} diagnosis
 */
export function diagnosisCard({ sent, rule, why, remedies, retry }) {
  return element(
    "section",
    { class: "diagnosis", "aria-labelledby": "diagnosis-heading" },
    element("h3", { id: "diagnosis-heading" }, "Why it failed"),
    element("p", { class: "why" }, why),
    element(
      "dl",
      { class: "facts" },
      element("div", null, element("dt", null, "Sent"), element("dd", null, sent)),
      element(
        "div",
        null,
        element("dt", null, "Rule"),
        element("dd", null, rule.text, rule.section ? [" ", sectionLink(rule.section)] : []),
      ),
      element("div", null, element("dt", null, "Sent again?"), element("dd", null, retry.text)),
    ),
    remedies.length > 0 && [
      element("h4", null, "What to change"),
      element("ol", { class: "remedies" }, remedies.map(remedyItem)),
    ],
  );
}

/** @param {Remedy} remedy */
function remedyItem({ where, text, setting }) {
  return element(
    "li",
    null,
    element("span", { class: "place" }, PLACES[where] ?? where, setting && [": ", element("code", null, setting)]),
    element("p", null, icon("check"), text),
  );
}

/** The section of the RFC, where the text is one: "RFC 7644 §3.3". @param {string} section */
function sectionLink(section) {
  const [, number, part] = /^RFC (\d+) §([\d.]+)/.exec(section) ?? [];
  if (number === undefined) return section;
  const href = `https://www.rfc-editor.org/rfc/rfc${number}#section-${part}`;
  return element("a", { href, target: "_blank", rel: "noopener noreferrer", class: "rfc" }, section);
}
