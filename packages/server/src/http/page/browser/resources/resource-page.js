/** @import { HistoryEntry, ResourceState, ScimResource } from "../api/types.d.ts" */
/** @import { View } from "../shell/view.d.ts" */
/** @import { Place } from "./scim-path.js" */
import { change, getJson, Problem } from "../api/ask.js";
import { button, element, fill } from "../dom/element.js";
import { goToHeading } from "../dom/heading.js";
import { icon } from "../dom/icon.js";
import { shortText } from "../dom/short-text.js";
import { agoElement } from "../dom/time.js";
import { confirmed } from "../shell/dialog.js";
import { failedView, say, sayProblem } from "../shell/notice.js";
import { hashOf } from "../shell/route.js";
import { mayChange } from "../shell/session.js";
import { attributesCard } from "./attributes-card.js";
import { openEditor } from "./edit-dialog.js";
import { memberships } from "./memberships.js";
import { resourceHead } from "./resource-head.js";
import { isInactive, nameOfResource } from "./resource-name.js";
import { historyPath, scimPath } from "./scim-path.js";
import { timeline } from "./timeline.js";
import { openVersion, restore } from "./version-dialog.js";

/**
 * The page of one user or group: what it is, where it belongs, everything that touched it. Also of one that was
 * deleted.
 * @param {string} endpoint
 * @param {Place} place
 * @param {string} id
 * @returns {View}
 */
export function resourcePage(endpoint, place, id) {
  const path = scimPath(endpoint, place, id);
  const ended = new AbortController();
  let asking = new AbortController();
  let opening = new AbortController();
  /** @type {ScimResource | undefined} */
  let current;
  const head = resourceHead(id, place === "Groups");
  const facts = element("div", { class: "person-facts" });
  const history = timeline(endpoint, id, (revision) => {
    opening.abort();
    opening = new AbortController();
    const signal = AbortSignal.any([ended.signal, opening.signal]);
    openVersion({ endpoint, id, revision, current, whenRestored: load, signal }).catch(sayProblem);
  });

  const load = async () => {
    asking.abort();
    asking = new AbortController();
    const signal = AbortSignal.any([ended.signal, asking.signal]);
    const wasHere = root.contains(document.activeElement);
    try {
      const found = await currentOrNone(signal);
      const entries = await history.load(signal, load);
      if (signal.aborted) return;
      current = found;
      if (current !== undefined) showCurrent(current);
      else if (entries !== undefined) await showFormer(entries, signal);
      // The timeline says why, and what was there before is not to be taken for what is there now.
      else fill(facts);
    } catch (error) {
      if (!signal.aborted) fill(facts, failedView(error, load));
    }
    // What had it may have been replaced by what is there now.
    if (wasHere && !signal.aborted && document.activeElement === document.body) goToHeading(root);
  };

  /** @param {AbortSignal} signal @returns {Promise<ScimResource | undefined>} undefined where it is not there */
  const currentOrNone = async (signal) => {
    try {
      return await getJson(path, signal);
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return undefined;
      throw error;
    }
  };

  /** @param {ScimResource} resource */
  const showCurrent = (resource) => {
    const name = nameOfResource(resource);
    const state = isInactive(resource) ? "inactive" : "active";
    head.show({
      name,
      badge: place === "Users" && element("span", { class: `badge ${state}` }, state),
      actions: [
        mayChange() && button([icon("pencil"), "Edit"], () => openEditor(path, resource, load)),
        mayChange() && button([icon("trash"), "Delete"], () => remove(name).catch(sayProblem), { class: "dangerous" }),
      ],
    });
    fill(facts, attributesCard(resource, endpoint), memberships(endpoint, place, resource));
  };

  /** @param {readonly HistoryEntry[]} entries @param {AbortSignal} signal */
  const showFormer = async (entries, signal) => {
    const end = entries.find(({ action, resource }) => action === "delete" && resource.id === id);
    if (end === undefined) {
      head.show({ name: id });
      const text = "There is nothing of this id, and nothing is remembered of it.";
      fill(facts, element("div", { class: "card empty" }, icon("search"), element("p", null, text)));
      return;
    }
    const { resource, revision, at, actor } = end;
    const bringBack = () => restore({ endpoint, id, revision, whenRestored: load });
    head.show({
      name: resource.label === "" ? id : resource.label,
      badge: element("span", { class: "badge deleted" }, "deleted"),
      ended: [agoElement(at), actor.dialectName === "" ? "" : ` by ${actor.dialectName}`],
      actions: [
        mayChange() && button([icon("again"), "Bring back"], () => bringBack().catch(sayProblem), { class: "primary" }),
      ],
    });
    const last = historyPath(endpoint, `history/${encodeURIComponent(id)}/state?revision=${revision}`);
    const { resource: former } = /** @type {ResourceState} */ (await getJson(last, signal));
    fill(
      facts,
      former !== null && attributesCard({ ...former, id }, endpoint),
      former !== null && place === "Groups" && memberships(endpoint, place, former),
    );
  };

  /** @param {string} name */
  const remove = async (name) => {
    const isWanted = await confirmed({
      title: `Delete ${shortText(name)}?`,
      text: "It can be brought back from here while its history is kept. The identity provider is not told, and may create it again.",
      action: "Delete",
      isDangerous: true,
    });
    if (!isWanted) return;
    await change("DELETE", path);
    say(`${shortText(name)} was deleted`);
    await load();
  };

  const root = element(
    "div",
    { class: "page" },
    element("p", { class: "crumbs" }, element("a", { href: hashOf(["endpoints", endpoint, place]) }, place)),
    head.root,
    element("div", { class: "person-columns" }, facts, history.root),
  );
  load();
  return {
    title: place,
    root,
    dispose: () => ended.abort(),
  };
}
