const NAME_CHARACTERS = 120;

/** The beginning of a text that is too long, with "…". */
export function shortText(text: string, characters = NAME_CHARACTERS): string {
  if (text.length <= characters) return text;
  // Without half of a character that takes two units.
  return `${text.slice(0, characters - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
