import { element } from "./element.js";

/** Longer names push everything else out of view. */
const NAME_CHARACTERS = 120;

/**
 * The beginning of a text that is too long, with "…".
 * @param {string} text
 * @param {number} [characters] at most
 */
export function shortText(text, characters = NAME_CHARACTERS) {
  if (text.length <= characters) return text;
  // Without half of a character that takes two units.
  return `${text.slice(0, characters - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/**
 * The same, with all of it on hover.
 * @param {string} text
 * @param {number} [characters] at most
 */
export function shortElement(text, characters) {
  const short = shortText(text, characters);
  return short === text ? text : element("span", { title: text }, short);
}
