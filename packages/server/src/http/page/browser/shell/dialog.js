import { button, element } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { addModalKeys } from "./keys.js";

let headings = 0;

/**
 * Opens a modal dialog; it is gone when it is closed.
 * @param {string} title
 * @param {readonly (Node | string | false | undefined)[]} content
 * @param {{ className?: string, whenClosed?: () => void }} [options]
 */
export function openDialog(title, content, { className = "", whenClosed } = {}) {
  const id = `dialog-heading-${++headings}`;
  const dialog = element(
    "dialog",
    { class: `dialog ${className}`, "aria-labelledby": id },
    element(
      "header",
      { class: "dialog-head" },
      element("h2", { id }, title),
      button(icon("close"), () => dialog.close(), { class: "quiet icon-only", "aria-label": "Close" }),
    ),
    element("div", { class: "dialog-body" }, ...content),
  );
  const removeKeys = addModalKeys({});
  dialog.addEventListener("close", () => {
    removeKeys();
    dialog.remove();
    whenClosed?.();
  });
  dialog.addEventListener("click", (event) => {
    // What is inside covers the dialog itself: this is its backdrop.
    if (event.target === dialog) dialog.close();
  });
  const ended = new AbortController();
  // Who goes elsewhere has done with it.
  addEventListener("hashchange", () => dialog.close(), { signal: ended.signal });
  dialog.addEventListener("close", () => ended.abort());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
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
