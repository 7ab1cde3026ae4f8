/** @import { ScimResource } from "../api/types.d.ts" */
/** @import { Place } from "./scim-path.js" */
import { button, element } from "../dom/element.js";
import { resourceLink } from "./resource-link.js";

/** Shown at once, and more with each click: a group may have a hundred thousand. */
const PAGE_SIZE = 100;

/**
 * The groups that a user is in, or the members that a group has.
 * @param {string} endpoint
 * @param {Place} place
 * @param {Readonly<Record<string, unknown>>} resource
 */
export function memberships(endpoint, place, resource) {
  const isUser = place === "Users";
  const values = /** @type {readonly Record<string, unknown>[]} */ (resource[isUser ? "groups" : "members"] ?? []);
  const list = element("ul", { class: "inline-list members" });
  let shown = 0;
  const more = button([], () => {
    const page = values.slice(shown, shown + PAGE_SIZE);
    list.append(...page.map((value) => element("li", null, resourceLink(endpoint, referenceOf(value, isUser)))));
    shown += page.length;
    more.hidden = shown >= values.length;
    more.textContent = `Show more (${(values.length - shown).toLocaleString("en")} left)`;
  });
  more.click();
  return element(
    "section",
    { class: "card" },
    element(
      "h2",
      null,
      isUser ? "Groups" : "Members",
      element("span", { class: "count" }, ` ${values.length.toLocaleString("en")}`),
    ),
    values.length === 0 ? element("p", { class: "soft" }, isUser ? "In no group" : "No members") : list,
    more,
  );
}

/** @param {Record<string, unknown>} value @param {boolean} isGroup @returns {ScimResource & import("../api/types.d.ts").Reference} */
function referenceOf({ value, display, type }, isGroup) {
  return {
    type: isGroup ? "Group" : String(type ?? "User"),
    id: String(value ?? ""),
    label: typeof display === "string" ? display : String(value ?? ""),
  };
}
