/** @import { ScimResource } from "../api/types.d.ts" */
/** @import { Child } from "../dom/element.js" */
import { element } from "../dom/element.js";
import { agoElement, exactElement } from "../dom/time.js";
import { jsonText } from "../exchange/json-text.js";
import { hashOf } from "../shell/route.js";

/** Shown elsewhere on the page, or of no use to people. */
const LEFT_OUT = new Set(["schemas", "id", "meta", "groups", "members"]);

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/;

/**
 * The attributes of a resource, those of extensions below the extension's name.
 * @param {ScimResource} resource
 * @param {string} endpoint that it is of: who it refers to has a page there
 */
export function attributesCard(resource, endpoint) {
  const { meta } = resource;
  const entries = Object.entries(resource).filter(([name]) => !LEFT_OUT.has(name));
  const own = entries.filter(([name]) => !name.startsWith("urn:"));
  const extensions = entries.filter(([name]) => name.startsWith("urn:"));
  return element(
    "section",
    { class: "card" },
    element("h2", null, "Attributes"),
    table(own, endpoint),
    ...extensions.flatMap(([urn, value]) => [
      element("h3", { title: urn }, extensionName(urn)),
      table(Object.entries(/** @type {object} */ (value)), endpoint),
    ]),
    meta?.created !== undefined &&
      element(
        "p",
        { class: "soft small since" },
        "Created ",
        agoElement(meta.created),
        meta.lastModified !== undefined && [", changed ", agoElement(meta.lastModified)],
      ),
    element("details", null, element("summary", null, "As JSON"), jsonText(JSON.stringify(resource))),
  );
}

/** @param {readonly (readonly [name: string, value: unknown])[]} entries @param {string} endpoint */
function table(entries, endpoint) {
  return element(
    "dl",
    { class: "facts attributes" },
    ...entries.map(([name, value]) =>
      element("div", null, element("dt", null, name), element("dd", null, shown(value, endpoint))),
    ),
  );
}

/** "enterprise" of `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`. @param {string} urn */
function extensionName(urn) {
  const parts = urn.split(":");
  const at = parts.indexOf("extension");
  return (at >= 0 ? parts[at + 1] : parts.at(-2)) ?? urn;
}

/** @param {unknown} value @param {string} endpoint @returns {Child | readonly Child[]} */
function shown(value, endpoint) {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return DATE_TIME.test(value) ? exactElement(value) : value;
  if (Array.isArray(value))
    return element("ul", { class: "values" }, ...value.map((each) => element("li", null, shown(each, endpoint))));
  if (typeof value === "object" && value !== null)
    return complexText(/** @type {Record<string, unknown>} */ (value), endpoint);
  return String(value);
}

/**
 * A complex value by its main part, which leads to whom it refers to, with what else it has in brackets.
 * @param {Record<string, unknown>} value
 * @param {string} endpoint
 */
function complexText({ $ref, ...parts }, endpoint) {
  const { value, display, displayName, formatted, type, primary, ...others } = parts;
  const main = [display, displayName, formatted, value].find((part) => typeof part === "string" && part !== "");
  const beside = [type, primary === true && "primary"].filter((part) => typeof part === "string");
  if (main !== undefined && Object.keys(others).length === 0) {
    const hash = hashOfReference($ref, value, endpoint);
    const text = String(main);
    return [
      hash === undefined ? text : element("a", { href: hash }, text),
      beside.length > 0 && ` (${beside.join(", ")})`,
    ];
  }
  return element(
    "ul",
    { class: "values" },
    ...Object.entries(parts).map(([name, part]) =>
      element("li", null, element("span", { class: "soft" }, name, " "), shown(part, endpoint)),
    ),
  );
}

/**
 * Where the page of a resource is that a value refers to (RFC 7643 §2.4, `$ref`).
 * @param {unknown} ref
 * @param {unknown} id the value's `value`
 * @param {string} endpoint
 * @returns {string | undefined} undefined where it has none here
 */
function hashOfReference(ref, id, endpoint) {
  const [, place, end] = typeof ref === "string" ? (/(?:^|\/)(Users|Groups)\/([^/?#]+)$/.exec(ref) ?? []) : [];
  if (place === undefined || typeof id !== "string" || encodeURIComponent(id) !== end) return undefined;
  return hashOf(["endpoints", endpoint, place, id]);
}
