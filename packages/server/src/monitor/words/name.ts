/**
 * What somebody is called in "Alice's department": the given name where the whole name begins with it, or a first word
 * that can be nothing else; else the whole name.
 * @param givenName `name.givenName`, where there is one
 */
export function firstNameOf(label: string, givenName: string | undefined): string {
  if (givenName !== undefined && isWordOf(label, givenName)) return givenName;
  // Two or three words with capitals. Scripts without capitals may have the family name first.
  const [, first] = /^(\p{Lu}[\p{L}'’-]+) (?:\p{Lu}[\p{L}'’.-]* )?\p{Lu}[\p{L}'’-]+$/u.exec(label) ?? [];
  return first ?? label;
}

/** Whether it stands in the label by itself: "Ali" is no word of "Alice Young". */
function isWordOf(label: string, name: string): boolean {
  const at = label.indexOf(name);
  if (name === "" || at < 0) return false;
  return !/\p{L}$/u.test(label.slice(0, at)) && !/^\p{L}/u.test(label.slice(at + name.length));
}

/** "Alice's", and "James'": a name that ends in s has no second one. */
export function possessive(name: string): string {
  return /s$/i.test(name) ? `${name}'` : `${name}'s`;
}

/** "Alice", "Alice and Bob", "Alice, Bob and Carol". */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}
