/** @import { ScimResource } from "../api/types.d.ts" */
import { change, Problem } from "../api/ask.js";
import { button, element, fill } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { confirmed, openDialog } from "../shell/dialog.js";
import { say } from "../shell/notice.js";

/** Longer texts are nothing to edit by hand. */
const MAX_CHARACTERS = 400_000;

/**
 * What was changed and not saved, also in an editor that went away without being asked: with its page, or with the
 * session. By the path of its resource, with the version that it was made of.
 * @type {Map<string, { readonly text: string, readonly version: string | undefined }>}
 */
const drafts = new Map();

// With the document all of them would go: the browser asks.
addEventListener("beforeunload", (event) => {
  if (drafts.size > 0) event.preventDefault();
});

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
  const original = JSON.stringify(attributes, null, 2);
  const draft = drafts.get(path);
  const { text, version } = draft ?? { text: original, version: meta?.version };
  area.value = text;
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
        await change("PUT", path, checked(area.value), version === undefined ? undefined : { "if-match": version });
        close();
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
  const isChanged = () => area.value !== original;
  area.addEventListener("input", () => {
    if (isChanged()) drafts.set(path, { text: area.value, version });
    else drafts.delete(path);
  });
  const leave = async () => {
    if (!isChanged() || (await isDiscarded())) close();
  };
  const close = () => {
    drafts.delete(path);
    dialog.close();
  };
  const dialog = openDialog(
    "Edit as JSON",
    [
      element(
        "p",
        { class: "soft" },
        "What you leave out is removed. The identity provider is not told, and may change it again.",
      ),
      draft && element("p", null, "This is what you had not saved."),
      area,
      message,
      element("div", { class: "actions end" }, button("Cancel", leave), save),
    ],
    { leave },
  );
  area.focus();
  area.setSelectionRange(0, 0);
  area.scrollTop = 0;
}

function isDiscarded() {
  return confirmed({
    title: "Discard what you changed?",
    text: "It has not been saved.",
    action: "Discard",
    isDangerous: true,
  });
}

/**
 * The text itself: of what is parsed, numbers lose digits and repeated names values, and the server could refuse neither.
 * @param {string} text
 * @throws {Problem}
 */
function checked(text) {
  try {
    JSON.parse(text);
    return text;
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
