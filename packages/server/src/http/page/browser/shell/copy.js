import { button, element, fill } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { openDialog } from "./dialog.js";
import { say } from "./notice.js";

/**
 * @param {string} label
 * @param {() => string | Promise<string>} textOf asked when it is clicked
 * @param {(error: unknown) => void} whenFailed
 * @param {string} [className]
 */
export function copyButton(label, textOf, whenFailed, className = "") {
  return button(
    [icon("copy"), label],
    async () => {
      try {
        await copy(await textOf());
      } catch (error) {
        whenFailed(error);
      }
    },
    { class: `copy ${className}` },
  );
}

/** @param {string} text */
export async function copy(text) {
  try {
    // Not there at addresses without https, other than this machine's own.
    await navigator.clipboard.writeText(text);
    say("Copied");
  } catch {
    const area = element("textarea", { class: "code-area", readonly: true, rows: "8", "aria-label": "Text to copy" });
    area.value = text;
    openDialog("Copy this", [
      element("p", { class: "soft" }, "The browser does not let this page copy by itself. Press Ctrl+C or ⌘C."),
      area,
    ]);
    area.select();
  }
}

/** Gives each text to copy that came with the document its button. */
export function addCopyButtons() {
  for (const place of document.querySelectorAll(".copyable")) {
    const text = place.querySelector("code")?.textContent ?? "";
    const toCopy = button("Copy", async () => {
      await copy(text);
      fill(toCopy, "Copied");
      setTimeout(() => fill(toCopy, "Copy"), 1_500);
    });
    toCopy.setAttribute("aria-label", `Copy ${text}`);
    place.append(toCopy);
  }
}
