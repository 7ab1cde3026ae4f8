/** @import { HistoryEntry, ScimResource } from "../api/types.d.ts" */
/** @import { Place } from "./scim-path.js" */
import { element } from "../dom/element.js";
import { shortElement } from "../dom/short-text.js";
import { agoElement } from "../dom/time.js";
import { hashOf } from "../shell/route.js";
import { avatar } from "./avatar.js";
import { isInactive, nameOfResource } from "./resource-name.js";

/**
 * One user or group in a list.
 * @param {string} endpoint
 * @param {Place} place
 * @param {ScimResource} resource
 */
export function resourceRow(endpoint, place, resource) {
  const name = nameOfResource(resource);
  const { title, userName, meta } = resource;
  const second = place === "Users" ? [userName, title].filter((text) => typeof text === "string" && text !== name) : [];
  return row(
    hashOf(["endpoints", endpoint, place, resource.id]),
    name,
    place === "Groups",
    second.join(" · "),
    isInactive(resource) && element("span", { class: "badge inactive" }, "inactive"),
    meta?.lastModified !== undefined && element("span", { class: "soft" }, "changed ", agoElement(meta.lastModified)),
  );
}

/**
 * One that is not there any more.
 * @param {string} endpoint
 * @param {HistoryEntry} entry of its end
 */
export function deletedRow(endpoint, { resource, at, actor }) {
  const place = resource.type === "Group" ? "Groups" : "Users";
  return row(
    hashOf(["endpoints", endpoint, place, resource.id]),
    resource.label === "" ? resource.id : resource.label,
    place === "Groups",
    actor.dialectName === "" ? "" : `by ${actor.dialectName}`,
    element("span", { class: "badge deleted" }, "deleted"),
    element("span", { class: "soft" }, agoElement(at)),
  );
}

/**
 * @param {string} hash
 * @param {string} name
 * @param {boolean} isGroup
 * @param {string} second
 * @param {...(import("../dom/element.js").Child)} ends
 */
function row(hash, name, isGroup, second, ...ends) {
  return element(
    "li",
    { class: "resource-row" },
    avatar(name, isGroup),
    element(
      "div",
      { class: "resource-text" },
      element("a", { class: "row-link", href: hash }, shortElement(name)),
      second !== "" && element("p", { class: "soft small" }, shortElement(second)),
    ),
    element("div", { class: "resource-ends small" }, ends),
  );
}
