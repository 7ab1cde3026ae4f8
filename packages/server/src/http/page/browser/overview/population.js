/** @import { Endpoint } from "../api/types.d.ts" */
import { element } from "../dom/element.js";
import { hashOf } from "../shell/route.js";

/** @type {Readonly<Record<string, string>>} */
const PLACES = { User: "Users", Group: "Groups" };

/** How many there are of each type, in each endpoint. @param {readonly Endpoint[]} endpoints */
export function population(endpoints) {
  return element(
    "div",
    { class: "population" },
    endpoints.map(({ name, resources }) =>
      element(
        "div",
        null,
        endpoints.length > 1 && element("h3", null, name),
        element(
          "ul",
          { class: "tiles" },
          Object.entries({ User: 0, Group: 0, ...resources }).map(([type, count]) => tile(name, type, count)),
        ),
      ),
    ),
  );
}

/** @param {string} endpoint @param {string} type @param {number} count */
function tile(endpoint, type, count) {
  const place = PLACES[type];
  const label = place ?? type;
  const content = [element("strong", null, count.toLocaleString("en")), element("span", null, label)];
  return element(
    "li",
    null,
    place === undefined
      ? element("span", { class: "tile" }, content)
      : element("a", { class: "tile", href: hashOf(["endpoints", endpoint, place]) }, content),
  );
}
