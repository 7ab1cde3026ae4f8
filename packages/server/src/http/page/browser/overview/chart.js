/** @import { Bucket } from "../api/types.d.ts" */
import { element } from "../dom/element.js";
import { clockText } from "../dom/time.js";

const SVG = "http://www.w3.org/2000/svg";

const WIDTH = 600;
const HEIGHT = 120;
const GAP = 3;

/**
 * Requests and failures over time as bars, and the same as a table.
 * @param {readonly Bucket[]} buckets
 * @param {string} span what they are together: "the last 24 hours"
 */
export function chart(buckets, span) {
  const most = Math.max(1, ...buckets.map(({ requests }) => requests));
  const sum = (/** @type {"requests" | "refused" | "failed"} */ name) =>
    buckets.reduce((all, each) => all + each[name], 0);
  const summary = `${sum("requests").toLocaleString("en")} requests in ${span}, of which ${sum("refused").toLocaleString("en")} were refused and ${sum("failed").toLocaleString("en")} failed`;
  const svg = svgElement("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    class: "chart",
    role: "img",
    "aria-label": summary,
  });
  const slot = WIDTH / Math.max(1, buckets.length);
  buckets.forEach((bucket, index) => {
    const { requests, refused, failed } = bucket;
    const group = svgElement("g", {});
    const title = svgElement("title", {});
    title.textContent = words(bucket);
    group.append(title, svgElement("rect", { x: index * slot, y: 0, width: slot, height: HEIGHT, class: "hover" }));
    // A hint of each span, so that an empty one is seen to be there.
    group.append(
      svgElement("rect", {
        x: index * slot + GAP / 2,
        y: HEIGHT - 2,
        width: Math.max(1, slot - GAP),
        height: 2,
        class: "empty-bar",
      }),
    );
    let y = HEIGHT;
    for (const [name, count] of /** @type {const} */ ([
      ["fine", requests - refused - failed],
      ["refused", refused],
      ["failed", failed],
    ])) {
      if (count <= 0) continue;
      // A single failure among thousands is to be seen.
      const height = Math.max(2, (count / most) * (HEIGHT - 6));
      y -= height;
      const place = { x: index * slot + GAP / 2, y: Math.max(0, y), width: Math.max(1, slot - GAP), height };
      group.append(svgElement("rect", { ...place, rx: 1.5, class: name }));
    }
    svg.append(group);
  });
  return element(
    "figure",
    { class: "chart-figure" },
    svg,
    element("div", { class: "chart-axis", "aria-hidden": "true" }, ...axis(buckets)),
    element(
      "figcaption",
      { class: "small" },
      element(
        "span",
        null,
        element("span", { class: "swatch fine" }),
        element("strong", null, sum("requests").toLocaleString("en")),
        " requests",
      ),
      element(
        "span",
        null,
        element("span", { class: "swatch refused" }),
        element("strong", null, sum("refused").toLocaleString("en")),
        " refused",
      ),
      element(
        "span",
        null,
        element("span", { class: "swatch failed" }),
        element("strong", null, sum("failed").toLocaleString("en")),
        " failed",
      ),
    ),
  );
}

/** The same numbers to be read. @param {readonly Bucket[]} buckets */
export function chartTable(buckets) {
  const shown = buckets.filter(({ requests }) => requests > 0);
  return element(
    "table",
    { class: "numbers" },
    element(
      "thead",
      null,
      element(
        "tr",
        null,
        ...["From", "Requests", "Tests", "Refused", "Failed", "p50", "p95", "p99"].map((name) =>
          element("th", { scope: "col" }, name),
        ),
      ),
    ),
    element(
      "tbody",
      null,
      ...shown.map(({ start, requests, probes, refused, failed, latencyUs }) =>
        element(
          "tr",
          null,
          element("th", { scope: "row" }, clockText(new Date(start))),
          ...[requests, probes, refused, failed].map((count) => element("td", null, count.toLocaleString("en"))),
          ...[latencyUs?.p50, latencyUs?.p95, latencyUs?.p99].map((us) =>
            element("td", null, us === undefined ? "–" : `${(us / 1_000).toFixed(1)} ms`),
          ),
        ),
      ),
    ),
  );
}

/** @param {readonly Bucket[]} buckets */
function axis(buckets) {
  const [first] = buckets;
  if (first === undefined) return [];
  const middle = buckets[Math.floor(buckets.length / 2)] ?? first;
  return [
    element("span", null, clockText(new Date(first.start))),
    element("span", null, clockText(new Date(middle.start))),
    element("span", null, "now"),
  ];
}

/** @param {Bucket} bucket */
function words({ start, requests, refused, failed, latencyUs }) {
  const latency = latencyUs === null ? "" : `, half of them within ${(latencyUs.p50 / 1_000).toFixed(1)} ms`;
  return `From ${clockText(new Date(start))}: ${requests} requests, ${refused} refused, ${failed} failed${latency}`;
}

/**
 * @param {string} name
 * @param {Readonly<Record<string, string | number>>} attributes
 */
function svgElement(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  return made;
}
