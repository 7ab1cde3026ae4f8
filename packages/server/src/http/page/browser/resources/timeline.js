/** @import { FoundHistory, HistoryEntry } from "../api/types.d.ts" */
import { exchangeSign } from "../activity/exchange-sign.js";
import { sentenceText } from "../activity/sentence-text.js";
import { getJson } from "../api/ask.js";
import { button, element, fill } from "../dom/element.js";
import { shortText } from "../dom/short-text.js";
import { agoElement, dayElement, dayOf } from "../dom/time.js";
import { failedView } from "../shell/notice.js";
import { allLoaded, olderButton } from "../shell/older-button.js";
import { changesTable } from "./changes-table.js";
import { historyPath } from "./scim-path.js";

const PAGE_SIZE = 30;

/**
 * Everything that touched a resource, the newest first: its versions, and what others had to do with it.
 * @param {string} endpoint
 * @param {string} id
 * @param {(revision: number) => void} showVersion
 */
export function timeline(endpoint, id, showVersion) {
  const list = element("ol", { class: "timeline" });
  const end = element("div", { class: "feed-end" });
  const count = element("span", { class: "count" });
  let day = "";

  /** @param {AbortSignal} signal @param {number} [before] @returns {Promise<readonly HistoryEntry[]>} */
  const load = async (signal, before) => {
    const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
    if (before !== undefined) query.set("before", String(before));
    const path = historyPath(endpoint, `timeline/${encodeURIComponent(id)}?${query}`);
    const found = /** @type {FoundHistory} */ (await getJson(path, signal));
    if (before === undefined) {
      day = "";
      fill(list);
    }
    for (const entry of found.entries) list.append(...rows(entry));
    fill(count, ` ${found.total.toLocaleString("en")}`);
    const { next } = found;
    if (next !== null)
      fill(
        end,
        olderButton(() => load(signal, next)),
      );
    else if (before !== undefined) fill(end, allLoaded());
    else fill(end, found.total === 0 && element("p", { class: "soft" }, "Nothing is remembered."));
    return found.entries;
  };

  /** @param {HistoryEntry} entry */
  const rows = (entry) => {
    const own = dayOf(new Date(entry.at));
    const heading = own === day ? [] : [element("li", { class: "day" }, dayElement(entry.at))];
    day = own;
    return [...heading, entryRow(entry, showVersion)];
  };

  return {
    root: element("section", { class: "card timeline-card" }, element("h2", null, "Timeline", count), list, end),
    /**
     * @param {AbortSignal} signal
     * @param {() => void} again
     * @returns {Promise<readonly HistoryEntry[] | undefined>} the newest entries; undefined where they cannot be had
     */
    load: async (signal, again) => {
      try {
        return await load(signal);
      } catch (error) {
        if (!signal.aborted) fill(end, failedView(error, again));
        return undefined;
      }
    },
  };
}

/**
 * @param {HistoryEntry} entry
 * @param {(revision: number) => void} showVersion
 */
function entryRow(entry, showVersion) {
  const { sentences, resource, revision, action, at, exchange, actor, changes, role } = entry;
  const isOwn = role === undefined || role === "own";
  const table = isOwn && action !== "create" && action !== "delete" ? changesTable(changes, namedOf(entry)) : undefined;
  const who = [actor.dialectName, actor.credential === null ? "" : `“${actor.credential}”`].filter(Boolean).join(", ");
  return element(
    "li",
    { class: "entry" },
    exchangeSign({
      severity: "notice",
      sentences: sentences.length > 0 ? sentences : [{ kind: kindOf(action), text: "" }],
    }),
    element(
      "div",
      { class: "entry-text" },
      ...(sentences.length > 0 ? sentences : [{ text: `${shortText(resource.label)}: ${action}` }]).map(({ text }) =>
        element("p", null, sentenceText(text, [resource])),
      ),
      element(
        "p",
        { class: "row-facts" },
        who !== "" && element("span", null, who),
        exchange !== null && element("span", null, element("a", { href: `#/exchanges/${exchange}` }, "exchange")),
        isOwn &&
          action !== "delete" &&
          element(
            "span",
            null,
            button(`Version ${revision}`, () => showVersion(revision), { class: "link", title: "Show this version" }),
          ),
      ),
      table && element("details", null, element("summary", null, "What changed"), table),
    ),
    agoElement(at),
  );
}

/** @param {HistoryEntry} entry */
function namedOf({ sentences }) {
  return sentences.flatMap(({ attributes }) => attributes ?? []);
}

/** @param {HistoryEntry["action"]} action */
function kindOf(action) {
  return (
    { create: ".created", recreate: ".created", restore: ".reactivated", delete: ".deleted" }[String(action)] ??
    ".changed"
  );
}
