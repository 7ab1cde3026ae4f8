import { button } from "../dom/element.js";
import { sayProblem } from "./notice.js";

/**
 * Adds what is older to a list. What is pressed twice is asked for once.
 * @param {() => Promise<unknown>} load
 */
export function olderButton(load) {
  const older = button("Load older", async () => {
    older.disabled = true;
    try {
      await load();
    } catch (error) {
      sayProblem(error);
    } finally {
      older.disabled = false;
    }
  });
  return older;
}
