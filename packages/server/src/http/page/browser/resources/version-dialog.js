/** @import { ResourceState } from "../api/types.d.ts" */
import { change, getJson } from "../api/ask.js";
import { button, element } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { exactElement } from "../dom/time.js";
import { jsonText } from "../exchange/json-text.js";
import { confirmed, openDialog } from "../shell/dialog.js";
import { say, sayProblem } from "../shell/notice.js";
import { mayChange } from "../shell/session.js";
import { changesTable } from "./changes-table.js";
import { differencesOf } from "./differences.js";
import { historyPath } from "./scim-path.js";

/**
 * Shows what a resource was at a version, and what restoring that would change.
 * @param {{
 *   readonly endpoint: string,
 *   readonly id: string,
 *   readonly revision: number,
 *   readonly current: Readonly<Record<string, unknown>> | undefined,
 *   readonly whenRestored: () => void,
 *   readonly signal: AbortSignal,
 * }} options `current` is what it is now; undefined where it was deleted
 * @throws {import("../api/ask.js").Problem}
 */
export async function openVersion({ endpoint, id, revision, current, whenRestored, signal }) {
  const path = historyPath(endpoint, `history/${encodeURIComponent(id)}`);
  const state = /** @type {ResourceState} */ (await getJson(`${path}/state?revision=${revision}`, signal));
  const { resource, at, isCurrent } = state;
  if (resource === null) return void openDialog(`Version ${revision}`, [element("p", null, "It did not exist then.")]);
  const differences = current && !isCurrent ? changesTable(differencesOf(current, resource), []) : undefined;
  const dialog = openDialog(`Version ${revision}`, [
    element(
      "p",
      { class: "soft" },
      isCurrent ? "This is what it is now" : "Since ",
      !isCurrent && at !== null && exactElement(at),
    ),
    differences && element("h3", null, "Restoring it changes"),
    differences,
    mayChange() &&
      !isCurrent &&
      element(
        "div",
        { class: "actions end" },
        button(
          [icon("again"), "Restore this version"],
          () => {
            const whenDone = () => {
              dialog.close();
              whenRestored();
            };
            restore({ endpoint, id, revision, whenRestored: whenDone }).catch(sayProblem);
          },
          { class: "primary" },
        ),
      ),
    element("h3", null, "All of it"),
    jsonText(JSON.stringify(resource)),
  ]);
}

/**
 * Makes a former state a new version, or brings back what was deleted, once that is confirmed.
 * @param {{
 *   readonly endpoint: string,
 *   readonly id: string,
 *   readonly revision: number,
 *   readonly whenRestored: () => void,
 * }} version
 * @throws {import("../api/ask.js").Problem}
 */
export async function restore({ endpoint, id, revision, whenRestored }) {
  const isWanted = await confirmed({
    title: `Restore version ${revision}?`,
    text: "It becomes what it was then, as a new version. The identity provider is not told, and may change it again.",
    action: "Restore",
  });
  if (!isWanted) return;
  const path = historyPath(endpoint, `history/${encodeURIComponent(id)}/restore`);
  const { changes } = /** @type {{ changes: readonly unknown[] }} */ (await change("POST", path, { revision }));
  // Before the word: that would go with the dialog it was said in.
  whenRestored();
  say(changes.length === 0 ? "Nothing differed" : `Version ${revision} was restored`);
}
