import { element } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { initialsOf } from "./resource-name.js";

/** How many colours the styles have. */
const COLOURS = 8;

/**
 * A round sign of a person, or of a group.
 * @param {string} name
 * @param {boolean} isGroup
 */
export function avatar(name, isGroup) {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return element(
    "span",
    { class: `avatar c${sum % COLOURS}`, "aria-hidden": "true" },
    isGroup ? icon("group") : initialsOf(name),
  );
}
