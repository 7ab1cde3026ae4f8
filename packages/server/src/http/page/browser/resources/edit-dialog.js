/** @import { ScimResource } from "../api/types.d.ts" */
import { change, Problem } from "../api/ask.js";
import { button, element, fill } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { openDialog } from "../shell/dialog.js";
import { say } from "../shell/notice.js";

/** Longer texts are nothing to edit by hand. */
const MAX_CHARACTERS = 400_000;

/**
 * Lets an administrator edit all of a resource as JSON, and replaces it (RFC 7644 §3.5.1) unless it changed meanwhile.
 * @param {string} path where it is
 * @param {ScimResource} resource
 * @param {() => void} whenSaved
 */
export function openEditor(path, { id: _, meta, groups: __, ...attributes }, whenSaved) {
  const area = element("textarea", {
    class: "code-area",
    rows: "22",
    spellcheck: "false",
    "aria-label": "Resource as JSON",
  });
  area.value = JSON.stringify(attributes, null, 2);
  if (area.value.length > MAX_CHARACTERS) {
    openDialog("Edit", [
      element("p", null, "This is too long to be edited here. Send a PATCH to change a part of it."),
    ]);
    return;
  }
  const message = element("p", { class: "message", role: "alert" });
  const save = button(
    "Save",
    async () => {
      message.textContent = "";
      save.disabled = true;
      try {
        const version = meta?.version;
        await change("PUT", path, parsed(area.value), version === undefined ? undefined : { "if-match": version });
        dialog.close();
        say("Saved");
        whenSaved();
      } catch (error) {
        fill(message, icon("error"), refusalText(error));
      } finally {
        save.disabled = false;
      }
    },
    { class: "primary" },
  );
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save.click();
  });
  const dialog = openDialog("Edit as JSON", [
    element(
      "p",
      { class: "soft" },
      "What you leave out is removed. The identity provider is not told, and may change it again.",
    ),
    area,
    message,
    element(
      "div",
      { class: "actions end" },
      button("Cancel", () => dialog.close()),
      save,
    ),
  ]);
  area.focus();
  area.setSelectionRange(0, 0);
  area.scrollTop = 0;
}

/** @param {string} text @returns {unknown} @throws {Problem} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem(0, `This is no valid JSON: ${error instanceof Error ? error.message : ""}`);
  }
}

/** @param {unknown} error */
function refusalText(error) {
  if (!(error instanceof Problem)) throw error;
  return error.status === 412
    ? "It changed meanwhile. Copy what you want to keep, close this, and edit what is there now."
    : error.message;
}
