/** @import { Exchange, FoundHistory, HistoryEntry } from "../api/types.d.ts" */
/** @import { Child } from "../dom/element.js" */
import { isWrite } from "../activity/exchange-sign.js";
import { getJson } from "../api/ask.js";
import { element } from "../dom/element.js";
import { shortElement } from "../dom/short-text.js";
import { changesTable } from "../resources/changes-table.js";
import { historyPath } from "../resources/scim-path.js";

/** Versions of a resource that are looked through for the one that an exchange made. */
const MAX_VERSIONS = 200;

/** Resources of a bulk request whose versions are looked for. */
const MAX_RESOURCES = 20;

/**
 * What an exchange truly changed: of resources from the history of what it wrote.
 * @param {Exchange} exchange
 * @param {AbortSignal} signal
 * @returns {Promise<HTMLElement | undefined>} undefined where it changed nothing, or that is not remembered
 */
export async function changesOfExchange({ id, endpoint, path, sentences, resources, details }, signal) {
  if (details.changes !== undefined) return section([changesTable([], details.changes)]);
  if (endpoint === null || !sentences.some(({ kind }) => isWrite(kind))) return undefined;
  // The first is what was written; others are its members, except in a bulk request.
  const written = [...new Map(resources.map((resource) => [resource.id, resource])).values()];
  const wanted = written.slice(0, path.startsWith("/Bulk") ? MAX_RESOURCES : 1);
  const histories = await Promise.all(
    wanted.map((resource) => versionsOf(endpoint, resource.id, signal).catch(() => [])),
  );
  const tables = histories.flatMap((entries) =>
    entries.filter((entry) => entry.exchange === id).flatMap((entry) => tableOf(entry, wanted.length > 1)),
  );
  return tables.length === 0 ? undefined : section(tables);
}

/** @param {readonly Child[]} tables */
function section(tables) {
  return element("section", { class: "exchange-section" }, element("h3", null, "What changed"), ...tables);
}

/**
 * @param {string} endpoint
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<readonly HistoryEntry[]>}
 */
async function versionsOf(endpoint, id, signal) {
  const path = historyPath(endpoint, `history/${encodeURIComponent(id)}?limit=${MAX_VERSIONS}`);
  return /** @type {FoundHistory} */ (await getJson(path, signal)).entries;
}

/**
 * @param {HistoryEntry} entry
 * @param {boolean} isNamed whether it says whose changes they are
 */
function tableOf({ action, changes, sentences, resource }, isNamed) {
  // All of what was created stands in the request.
  if (action === "create" || action === "delete") return [];
  const table = changesTable(
    changes,
    sentences.flatMap(({ attributes }) => attributes),
  );
  if (table === undefined) return [];
  return isNamed ? [element("h4", null, shortElement(resource.label)), table] : [table];
}
