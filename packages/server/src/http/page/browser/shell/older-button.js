import { button, element } from "../dom/element.js";
import { sayProblem } from "./notice.js";

/**
 * Adds what is older to a list. What is pressed twice is asked for once. Whoever has pressed it goes on at its place: with
 * the next one, or the words that tell of the end.
 * @param {() => Promise<unknown>} load puts either there
 */
export function olderButton(load) {
  const older = button("Load older", async () => {
    const place = older.parentElement;
    older.disabled = true;
    try {
      await load();
    } catch (error) {
      sayProblem(error);
    } finally {
      older.disabled = false;
    }
    const next = /** @type {HTMLElement | null | undefined} */ (place?.querySelector("button, p"));
    if (document.activeElement === document.body) next?.focus({ preventScroll: true });
  });
  return older;
}

/** In its place where there is nothing older. */
export function allLoaded() {
  return element("p", { class: "soft", tabindex: "-1" }, "That is all.");
}
