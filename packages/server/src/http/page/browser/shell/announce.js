import { element } from "../dom/element.js";

/** Readers of the screen are told no more often. */
const PAUSE_MS = 5_000;

const region = element("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
document.body.append(region);

/** @type {string | undefined} */
let waiting;
let nextMs = 0;

/**
 * Says something to who does not see the page; of what comes too quickly, the last.
 * @param {string} text
 */
export function announce(text) {
  const isDue = waiting === undefined;
  waiting = text;
  if (!isDue) return;
  const now = performance.now();
  setTimeout(
    () => {
      region.textContent = waiting ?? "";
      waiting = undefined;
      nextMs = performance.now() + PAUSE_MS;
    },
    Math.max(0, nextMs - now),
  );
}
