/** @import { Tests } from "../api/types.d.ts" */
import { getJson } from "../api/ask.js";
import { element, fill } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { clockText, dayOf, exactElement } from "../dom/time.js";

/** Tests come in bursts: they are counted anew no more often. */
const PAUSE_MS = 1_000;

/** Connection tests since midnight, one line for each client: they repeat for ever and would drown everything else. */
export function testsLines() {
  const root = element("ul", { class: "tests", "aria-label": "Connection tests" });
  let endpoint = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const count = async () => {
    timer = undefined;
    const midnight = new Date();
    midnight.setHours(0, 0, 0, 0);
    const query = new URLSearchParams({ from: midnight.toISOString() });
    if (endpoint !== "") query.set("endpoint", endpoint);
    const { tests } = /** @type {{ tests: Tests[] }} */ (await getJson(`/activity/tests?${query}`));
    fill(root, ...tests.map(testsLine));
  };

  return {
    root,
    /** @param {string} name of the endpoint; empty for all */
    of: (name) => {
      endpoint = name;
      return count();
    },
    countSoon: () => {
      timer ??= setTimeout(() => count().catch(() => undefined), PAUSE_MS);
    },
    dispose: () => clearTimeout(timer),
  };
}

/** @param {Tests} tests */
function testsLine({ text, count, since, last }) {
  return element(
    "li",
    { title: `The last one at ${new Date(last).toLocaleString("en-GB")}` },
    icon("plug"),
    element("span", null, localText(text, count, since)),
    element("span", { class: "visually-hidden" }, ", the last one ", exactElement(last)),
  );
}

/** The server counts hours in UTC; who reads it, in a time zone. @param {string} text @param {number} count @param {string} since */
function localText(text, count, since) {
  const begin = text.replace(/ \([\d,]+ times since .*\)$/, "");
  const moment = new Date(since);
  const isToday = dayOf(moment) === dayOf(new Date());
  return count < 2 || !isToday ? text : `${begin} (${count.toLocaleString("en")} times since ${clockText(moment)})`;
}
