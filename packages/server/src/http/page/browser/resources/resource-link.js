/** @import { Reference } from "../api/types.d.ts" */
import { element } from "../dom/element.js";
import { shortText } from "../dom/short-text.js";
import { hashOfResource } from "../shell/route.js";

/**
 * A resource by its name, leading to its page where there is one.
 * @param {string | null} endpoint
 * @param {Reference} resource
 */
export function resourceLink(endpoint, resource) {
  const { type, id, label } = resource;
  const name = shortText(label === "" ? id : label);
  const hash = hashOfResource(endpoint, resource);
  return hash === undefined
    ? element("span", { title: `${type} ${id}` }, name)
    : element("a", { href: hash, title: `${type} ${id}` }, name);
}
