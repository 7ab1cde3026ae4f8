/** @import { Change, Json, JsonObject, NamedChange } from "../api/types.d.ts" */
/** @import { Child } from "../dom/element.js" */
import { element } from "../dom/element.js";
import { shortElement } from "../dom/short-text.js";
import { isReference } from "./resource-name.js";

/** Of a longer value the beginning is shown. */
const MAX_CHARACTERS = 500;

/** Values of a collection that are shown one by one. */
const MAX_VALUES = 20;

/**
 * Before and after, attribute by attribute.
 * @param {readonly Change[]} changes
 * @param {readonly NamedChange[]} named what of it has been put into words, which is then shown instead
 * @returns {HTMLTableElement | undefined} undefined where nothing changed
 */
export function changesTable(changes, named) {
  const unnamed = changes.filter(({ path }) => !named.some((each) => each.path.startsWith(path)));
  if (named.length === 0 && unnamed.length === 0) return undefined;
  return element(
    "table",
    { class: "changes" },
    element(
      "thead",
      null,
      element(
        "tr",
        null,
        ...["Attribute", "Before", "After"].map((heading) => element("th", { scope: "col" }, heading)),
      ),
    ),
    element("tbody", null, ...named.map(namedRow), ...unnamed.map(changeRow)),
  );
}

/** @param {NamedChange} change */
function namedRow({ name, path, before, after }) {
  return row(path, name, shownText(before), shownText(after));
}

/** @param {string | null | undefined} text */
function shownText(text) {
  return text === undefined || text === null ? nothing() : shortElement(text, MAX_CHARACTERS);
}

/** @param {Change} change */
function changeRow(change) {
  if (change.kind === "collection") {
    return row(change.path, undefined, values("−", change.removed), values("+", change.added));
  }
  return row(change.path, undefined, shownValue(change.before), shownValue(change.after));
}

/**
 * @param {string} path
 * @param {string | undefined} name as people call it
 * @param {Child} before
 * @param {Child} after
 */
function row(path, name, before, after) {
  return element(
    "tr",
    null,
    element("th", { scope: "row", title: path }, name ?? element("code", null, shortPath(path))),
    element("td", { class: "before" }, element("span", { class: "visually-hidden" }, "before: "), before),
    element("td", { class: "after" }, element("span", { class: "visually-hidden" }, "after: "), after),
  );
}

/** Without the schema's URN, which is long and says little. @param {string} path */
function shortPath(path) {
  return path.replace(/^urn:.*:(?=[^:]+$)/, "");
}

/** @param {Json | undefined} value */
function shownValue(value) {
  if (value === undefined) return nothing();
  if (Array.isArray(value)) return list(value.map(elementText));
  if (typeof value === "object") return element("code", null, JSON.stringify(value, null, 1));
  return shortElement(String(value), MAX_CHARACTERS);
}

/**
 * Of a collection only what was removed and added is known, not what stayed.
 * @param {string} sign
 * @param {readonly Json[]} members
 */
function values(sign, members) {
  return members.length === 0 ? nothing() : list(members.map((member) => `${sign} ${elementText(member)}`));
}

/** @param {readonly string[]} texts */
function list(texts) {
  const left = texts.length - MAX_VALUES;
  return element(
    "ul",
    { class: "values" },
    ...texts.slice(0, MAX_VALUES).map((text) => element("li", null, shortElement(text, MAX_CHARACTERS))),
    left > 0 && element("li", { class: "soft" }, `and ${left.toLocaleString("en")} more`),
  );
}

/** One of several values by what tells it apart: "work: anna@example.com (primary)". @param {Json} value */
function elementText(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return JSON.stringify(value);
  const { type, display, value: own, $ref: _, ...others } = /** @type {JsonObject} */ (value);
  const shown = display ?? own;
  if (typeof shown !== "string") return JSON.stringify(value);
  if (isReference(/** @type {JsonObject} */ (value))) return shown;
  const beside = [...(typeof own === "string" && own !== shown ? [own] : []), ...Object.entries(others).map(partText)];
  const kind = typeof type === "string" ? `${type}: ` : "";
  return `${kind}${shown}${beside.length === 0 ? "" : ` (${beside.join(", ")})`}`;
}

/** @param {[name: string, value: Json]} part */
function partText([name, value]) {
  if (typeof value === "boolean") return value ? name : `not ${name}`;
  return `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`;
}

function nothing() {
  return element("span", { class: "nothing" }, "–");
}
