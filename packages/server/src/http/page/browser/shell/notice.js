import { Problem } from "../api/ask.js";
import { button, element } from "../dom/element.js";
import { icon } from "../dom/icon.js";

/** How long a word that needs no answer stays. */
const STAYS_MS = 4_000;

const shelf = element("div", { class: "toasts", role: "region", "aria-label": "Notices", "aria-live": "polite" });
document.body.append(shelf);

/** A word at the edge of the page that goes by itself. @param {string} text */
export function say(text) {
  const notice = element("div", { class: "toast" }, icon("check"), text);
  place(notice);
  setTimeout(() => notice.remove(), STAYS_MS);
}

/** A refusal, shown until somebody has read it or gone elsewhere. @param {unknown} error */
export function sayProblem(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  if (error instanceof Problem && error.endsSession) return;
  if (!(error instanceof Problem)) console.error(error);
  const text = error instanceof Error ? error.message : String(error);
  const notice = element("div", { class: "toast problem", role: "alert" }, icon("error"), element("span", null, text));
  notice.append(button(icon("close"), () => notice.remove(), { class: "quiet icon-only", "aria-label": "Dismiss" }));
  place(notice);
}

/** Refusals of a view that is left mean nothing any more. */
export function clearProblems() {
  for (const notice of shelf.querySelectorAll(".problem")) notice.remove();
}

/**
 * In the dialog that is open, where one is: what is behind it cannot be reached.
 * @param {HTMLElement} notice
 */
function place(notice) {
  const dialogs = document.querySelectorAll("dialog[open]");
  const open = dialogs[dialogs.length - 1];
  if (open === undefined) shelf.append(notice);
  else open.append(element("div", { class: "toasts" }, notice));
}

/** The same inside of a view that could not be filled. @param {unknown} error @param {() => void} again */
export function failedView(error, again) {
  if (!(error instanceof Problem)) console.error(error);
  return element(
    "div",
    { class: "empty", role: "alert" },
    icon("error"),
    element("p", null, error instanceof Error ? error.message : String(error)),
    button("Try again", again),
  );
}
