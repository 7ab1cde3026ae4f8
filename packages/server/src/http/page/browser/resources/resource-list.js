/** @import { FoundHistory, ListResponse } from "../api/types.d.ts" */
/** @import { View } from "../shell/view.d.ts" */
/** @import { Route } from "../shell/route.js" */
/** @import { Place } from "./scim-path.js" */
import { getJson } from "../api/ask.js";
import { button, element, fill } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { addKeys } from "../shell/keys.js";
import { failedView } from "../shell/notice.js";
import { allLoaded, olderButton } from "../shell/older-button.js";
import { hashOf, replaceHash } from "../shell/route.js";
import { deletedRow, resourceRow } from "./resource-row.js";
import { historyPath, quoted, scimPath } from "./scim-path.js";

const PAGE_SIZE = 50;

/** Typing is followed after a pause. */
const TYPING_MS = 250;

const SHOWN = {
  Users: { sortBy: "userName", attributes: "userName,displayName,name,active,title,emails,meta.lastModified" },
  Groups: { sortBy: "displayName", attributes: "displayName,externalId,meta.lastModified" },
};

const SEARCHED = {
  Users: ["displayName", "userName", "name.familyName", "name.givenName", "emails.value"],
  Groups: ["displayName"],
};

/**
 * The users or the groups of an endpoint, or what was deleted of them.
 * @param {string} endpoint
 * @param {Place} place
 * @param {Route} route
 * @returns {View}
 */
export function resourceList(endpoint, place, route) {
  let { text, isDeleted, startIndex } = read(route.query);
  let asking = new AbortController();
  const search = element("input", {
    type: "search",
    placeholder: place === "Users" ? "Search names and addresses" : "Search names",
    "aria-label": `Search ${place.toLowerCase()}`,
    "aria-keyshortcuts": "/",
    autocomplete: "off",
    spellcheck: "false",
  });
  search.value = text;
  const deleted = button([icon("trash"), "Deleted"], () => to({ isDeleted: !isDeleted, startIndex: 1 }), {
    class: "toggle",
  });
  const count = element("span", { class: "count", role: "status" });
  const list = element("ul", { class: "resources", "aria-label": place });
  const pages = element("div", { class: "actions pages" });

  /** @param {Partial<ReturnType<typeof read>>} over */
  const hashWith = (over) => {
    const wanted = { text: search.value.trim(), isDeleted, startIndex, ...over };
    const query = new URLSearchParams();
    if (wanted.text !== "" && !wanted.isDeleted) query.set("q", wanted.text);
    if (wanted.isDeleted) query.set("deleted", "1");
    if (wanted.startIndex > 1) query.set("from", String(wanted.startIndex));
    return hashOf(["endpoints", endpoint, place], query);
  };

  /** @param {Partial<ReturnType<typeof read>>} over */
  const to = (over) => {
    const hash = hashWith(over);
    if (over.startIndex === undefined || over.startIndex === 1) replaceHash(hash);
    else location.hash = hash;
  };

  const load = async () => {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    deleted.setAttribute("aria-pressed", String(isDeleted));
    search.disabled = isDeleted;
    list.setAttribute("aria-busy", "true");
    try {
      if (isDeleted) await loadDeleted(signal);
      else await loadPage(signal);
    } catch (error) {
      if (signal.aborted) return;
      fill(list, element("li", null, failedView(error, load)));
      fill(count);
      fill(pages);
    }
    if (!signal.aborted) list.removeAttribute("aria-busy");
  };

  /** @param {AbortSignal} signal */
  const loadPage = async (signal) => {
    const query = new URLSearchParams({ startIndex: String(startIndex), count: String(PAGE_SIZE), ...SHOWN[place] });
    if (text !== "") query.set("filter", SEARCHED[place].map((path) => `${path} co ${quoted(text)}`).join(" or "));
    const page = /** @type {ListResponse} */ (await getJson(`${scimPath(endpoint, place)}?${query}`, signal));
    const { totalResults, Resources = [] } = page;
    // The last ones of a list may be gone.
    if (Resources.length === 0 && totalResults > 0)
      return replaceHash(hashWith({ startIndex: lastPage(totalResults) }));
    fill(count, element("strong", null, totalResults.toLocaleString("en")), text !== "" && " found");
    fill(list, ...Resources.map((resource) => resourceRow(endpoint, place, resource)));
    if (totalResults === 0) fill(list, element("li", { class: "empty" }, icon("search"), emptyText()));
    const last = startIndex + Resources.length - 1;
    fill(
      pages,
      startIndex > 1 && button([icon("up"), "Previous"], () => to({ startIndex: Math.max(1, startIndex - PAGE_SIZE) })),
      totalResults > PAGE_SIZE &&
        element("span", { class: "soft" }, `${startIndex.toLocaleString("en")} to ${last.toLocaleString("en")}`),
      last < totalResults && button(["Next", icon("down")], () => to({ startIndex: startIndex + PAGE_SIZE })),
    );
  };

  /** @param {AbortSignal} signal @param {number} [before] */
  const loadDeleted = async (signal, before) => {
    const type = place === "Users" ? "User" : "Group";
    const query = new URLSearchParams({ type, limit: String(PAGE_SIZE) });
    if (before !== undefined) query.set("before", String(before));
    const found = /** @type {FoundHistory} */ (await getJson(historyPath(endpoint, `deleted?${query}`), signal));
    const { total, entries, next } = found;
    if (before === undefined) fill(list);
    list.append(...entries.map((entry) => deletedRow(endpoint, entry)));
    fill(count, total > 0 && [element("strong", null, total.toLocaleString("en")), " deleted, the latest first"]);
    if (total === 0) {
      fill(list, element("li", { class: "empty" }, icon("trash"), "Nothing that is remembered was deleted."));
    }
    if (next !== null)
      fill(
        pages,
        olderButton(() => loadDeleted(signal, next)),
      );
    else fill(pages, before !== undefined && allLoaded());
  };

  const goToTop = () => {
    scrollTo(0, 0);
    list.querySelector("a")?.focus({ preventScroll: true });
  };

  const emptyText = () => {
    if (text !== "") return `Nobody matches “${text}”.`;
    return place === "Users" ? "No users yet. They appear when an identity provider creates them." : "No groups yet.";
  };

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => to({ startIndex: 1 }), TYPING_MS);
  });
  const ended = new AbortController();
  // At once when whoever has typed goes on to something else; Escape clears the field in some browsers.
  search.addEventListener("change", () => to({ startIndex: 1 }), { signal: ended.signal });
  search.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") search.blur();
  });
  const removeKeys = addKeys({ "/": () => search.focus() });
  load();

  return {
    title: place,
    root: element(
      "div",
      { class: "page" },
      element("div", { class: "page-head" }, element("h1", null, place), count),
      element("div", { class: "filter" }, element("label", { class: "search-field" }, icon("search"), search), deleted),
      list,
      pages,
    ),
    update: ({ query }) => {
      const last = startIndex;
      ({ text, isDeleted, startIndex } = read(query));
      const isTyping = document.activeElement === search;
      if (search.value.trim() !== text && !isTyping) search.value = text;
      if (startIndex === last || isTyping) load();
      else load().then(goToTop);
    },
    dispose: () => {
      // Browsers tell of the change also when the field is taken from the page.
      ended.abort();
      clearTimeout(timer);
      asking.abort();
      removeKeys();
    },
  };
}

/** Where the last page begins. @param {number} total at least 1 */
function lastPage(total) {
  return PAGE_SIZE * Math.floor((total - 1) / PAGE_SIZE) + 1;
}

/** @param {URLSearchParams} query */
function read(query) {
  return {
    text: query.get("q") ?? "",
    isDeleted: query.has("deleted"),
    startIndex: Math.max(1, Math.floor(Number(query.get("from"))) || 1),
  };
}
