import { button, element } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { addModalKeys } from "./keys.js";

let headings = 0;

/**
 * Opens a modal dialog; it is gone when it is closed.
 * @param {string} title
 * @param {readonly (Node | string | false | undefined)[]} content
 * @param {{ className?: string, whenClosed?: () => void, leave?: () => void }} [options] `leave` is called when the
 *   reader means to close it, and may ask first
 */
export function openDialog(title, content, { className = "", whenClosed, leave } = {}) {
  const id = `dialog-heading-${++headings}`;
  const close = leave ?? (() => dialog.close());
  /** @type {HTMLDialogElement} */
  const dialog = element(
    "dialog",
    { class: `dialog ${className}`, "aria-labelledby": id },
    element(
      "header",
      { class: "dialog-head" },
      element("h2", { id }, title),
      button(icon("close"), () => close(), { class: "quiet icon-only", "aria-label": "Close" }),
    ),
    element("div", { class: "dialog-body" }, ...content),
  );
  const removeKeys = addModalKeys({}, dialog);
  dialog.addEventListener("close", () => {
    removeKeys();
    dialog.remove();
    whenClosed?.();
  });
  whenLeft(dialog, close);
  const ended = new AbortController();
  // Who goes elsewhere has done with it. Before the new view takes the focus, which it could not behind a dialog.
  addEventListener("hashchange", () => dialog.close(), { signal: ended.signal, capture: true });
  dialog.addEventListener("close", () => ended.abort());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Listens for Escape, the gesture that goes back, and clicks on the backdrop, and leaves it to the listener to close.
 * @param {HTMLDialogElement} dialog
 * @param {() => void} listener
 */
export function whenLeft(dialog, listener) {
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    listener();
  });
  dialog.addEventListener("keydown", (event) => {
    // Of two in a row, browsers close the dialog with the second without asking it.
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    listener();
  });
  // What is inside covers the dialog itself. A click that began there is none beside it: it selects text, for instance.
  let beganBeside = false;
  dialog.addEventListener("pointerdown", ({ target }) => {
    beganBeside = target === dialog;
  });
  dialog.addEventListener("click", ({ target }) => {
    if (beganBeside && target === dialog) listener();
  });
}

/**
 * Asks before something is done.
 * @param {{ title: string, text: string | readonly (Node | string)[], action: string, isDangerous?: boolean }} question
 * @returns {Promise<boolean>}
 */
export function confirmed({ title, text, action, isDangerous = false }) {
  return new Promise((resolve) => {
    let isConfirmed = false;
    const dialog = openDialog(
      title,
      [
        element("p", null, text),
        element(
          "div",
          { class: "actions end" },
          button("Cancel", () => dialog.close()),
          button(
            action,
            () => {
              isConfirmed = true;
              dialog.close();
            },
            { class: isDangerous ? "primary dangerous" : "primary" },
          ),
        ),
      ],
      { className: "narrow", whenClosed: () => resolve(isConfirmed) },
    );
    /** @type {HTMLElement | null} */ (dialog.querySelector("button.primary"))?.focus();
  });
}
