/** @import { ExchangeSummary } from "../api/types.d.ts" */
import { element } from "../dom/element.js";
import { durationText } from "../dom/time.js";

/**
 * Where the time of a request went.
 * @param {ExchangeSummary} exchange
 */
export function durationBar({ durationUs, split }) {
  const { queueUs, databaseUs, durableUs } = split;
  const otherUs = Math.max(0, durationUs - queueUs - databaseUs - durableUs);
  const parts = /** @type {const} */ ([
    ["queue", "waited its turn", queueUs],
    ["database", "database", databaseUs],
    ["durable", "made durable", durableUs],
    ["other", "everything else", otherUs],
  ]);
  const shown = parts.filter(([, , us]) => us > 0);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "duration-bar");
  svg.setAttribute("viewBox", "0 0 100 1");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const allUs = Math.max(1, queueUs + databaseUs + durableUs + otherUs);
  let x = 0;
  for (const [name, , us] of shown) {
    const width = (100 * us) / allUs;
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [attribute, value] of Object.entries({ x, y: 0, width, height: 1, class: name })) {
      rect.setAttribute(attribute, String(value));
    }
    svg.append(rect);
    x += width;
  }
  return element(
    "div",
    { class: "duration" },
    element("strong", null, durationText(durationUs)),
    svg,
    element(
      "ul",
      { class: "inline-list small" },
      shown.map(([name, label, us]) =>
        element("li", null, element("span", { class: `swatch ${name}` }), `${label} ${durationText(us)}`),
      ),
    ),
  );
}
