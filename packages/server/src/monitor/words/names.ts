import { labelText, numberText } from "./values.ts";

/** Names that are not just the words of the attribute's. By path, without the schema. */
const ownName = byName([
  ["nickName", "nickname"],
  ["profileUrl", "profile URL"],
  ["timezone", "time zone"],
  ["active", "active status"],
  ["externalId", "external id"],
  ["name.formatted", "full name"],
  ["name.familyName", "family name"],
  ["name.givenName", "given name"],
  ["name.middleName", "middle name"],
  ["name.honorificPrefix", "honorific prefix"],
  ["name.honorificSuffix", "honorific suffix"],
]);

/** One value of a multi-valued attribute, after a word for its type: "work e-mail". */
const singular = byName([
  ["emails", "e-mail"],
  ["phoneNumbers", "phone"],
  ["ims", "messenger address"],
  ["photos", "photo"],
  ["addresses", "address"],
  ["entitlements", "entitlement"],
  ["roles", "role"],
  ["x509Certificates", "certificate"],
  ["groups", "group"],
  ["members", "member"],
]);

/** The same as a whole. */
const plural = byName([
  ["emails", "e-mail addresses"],
  ["phoneNumbers", "phone numbers"],
  ["ims", "messenger addresses"],
  ["x509Certificates", "certificates"],
]);

/** Parts of an address stand for it: "work city". */
const partName = byName([
  ["streetAddress", "street"],
  ["locality", "city"],
  ["formatted", "address"],
]);

/**
 * What people call an attribute: "department", "family name", "work e-mail", "work city".
 * @param path as a client writes it, with or without its schema, and with `[type eq "…"]` for one of several values
 */
export function attributeName(path: string): string {
  let name = known.get(path);
  if (name !== undefined) return name;
  name = named(path);
  if (known.size < MAX_KNOWN && path.length <= MAX_KNOWN_CHARACTERS) known.set(path, name);
  return name;
}

/** Most sentences are about the same few attributes. Bounded, because clients can make up paths. */
const known = new Map<string, string>();
const MAX_KNOWN = 1_000;
const MAX_KNOWN_CHARACTERS = 100;

function named(path: string): string {
  const [, attribute = "", selector, sub] = /([\w$-]*)(?:\[(.*)\])?(?:\.([\w$-]+))?$/s.exec(withoutSchema(path)) ?? [];
  if (selector !== undefined) return elementName(attribute, selector, sub);
  if (sub === undefined) return ownName(attribute) ?? plural(attribute) ?? words(attribute);
  const plain = ownName(`${attribute}.${sub}`);
  return plain ?? (isValue(sub) ? (singular(attribute) ?? words(attribute)) : `${words(attribute)} ${words(sub)}`);
}

/** What one value of a multi-valued attribute is called: "role", "e-mail". */
export function singularName(attribute: string): string {
  const name = withoutSchema(attribute);
  return singular(name) ?? words(name.replace(/(?<=[^s])s$/, ""));
}

function elementName(attribute: string, selector: string, sub: string | undefined): string {
  const [, by = "", text] = /(\w+) eq (?:"((?:[^"\\]|\\.)*)"|true)/i.exec(selector) ?? [];
  const noun = singularName(attribute);
  const isPart = sub !== undefined && /^addresses$/i.test(attribute) && !/^(?:type|primary)$/i.test(sub);
  const thing = isPart ? (partName(sub) ?? words(sub)) : noun;
  const whole = /^type$/i.test(by) ? ofType(text, thing) : text === undefined ? `primary ${thing}` : `${thing} ${text}`;
  return sub === undefined || isValue(sub) || isPart ? whole : `${whole} (${words(sub)})`;
}

/** "work e-mail"; a photo of the type "photo" (RFC 7643 §4.1.2) is a photo. */
function ofType(type: string | undefined, thing: string): string {
  return type === undefined || type === thing ? thing : `${type} ${thing}`;
}

function isValue(sub: string): boolean {
  return sub.toLowerCase() === "value";
}

/** Attribute names have no letter case (RFC 7643 §2.1). */
function byName(names: readonly (readonly [string, string])[]): (name: string) => string | undefined {
  const known = new Map(names.map(([name, shown]) => [name.toLowerCase(), shown]));
  return (name) => known.get(name.toLowerCase());
}

/** URNs have colons and attribute names do not; brackets may hold both. */
function withoutSchema(path: string): string {
  const [name = ""] = /^[^[]*/.exec(path) ?? [];
  return path.slice(name.lastIndexOf(":") + 1);
}

/** `costCenter` as "cost center", `deviceID` as "device ID". */
function words(name: string): string {
  return name
    .replace(/^\$/, "")
    .replaceAll(/(?<=[\p{Ll}\d])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|(?<=\p{L})(?=\d)|[-_]+/gu, " ")
    .split(" ")
    .map((word) => (/^\p{Lu}\p{Ll}/u.test(word) ? word.toLowerCase() : word))
    .join(" ");
}

/**
 * What somebody is called in "Alice's department": the given name if the label contains it, or a first word that can only
 * be one; otherwise the whole label.
 * @param givenName `name.givenName`, if there is one
 */
export function firstNameOf(label: string, givenName: string | undefined): string {
  if (givenName !== undefined && isWordOf(label, givenName)) return givenName;
  // Two or three words with capitals. Scripts without capitals may have the family name first.
  const [, first] = /^(\p{Lu}[\p{L}'’-]+) (?:\p{Lu}[\p{L}'’.-]* )?\p{Lu}[\p{L}'’-]+$/u.exec(label) ?? [];
  return first ?? label;
}

/** Whether a name is a whole word of the label: "Ali" is not in "Alice Young". */
function isWordOf(label: string, name: string): boolean {
  const at = label.indexOf(name);
  if (name === "" || at < 0) return false;
  return !/\p{L}$/u.test(label.slice(0, at)) && !/^\p{L}/u.test(label.slice(at + name.length));
}

/** "Alice's", and "James'" without another s. */
export function possessive(name: string): string {
  return /s$/i.test(name) ? `${name}'` : `${name}'s`;
}

/** "all 3", and "both" of two. */
export function allOf(count: number): string {
  if (count < 2) return "all";
  return count === 2 ? "both" : `all ${numberText(count)}`;
}

/** "Alice", "Alice and Bob", "Alice, Bob and Carol". */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

/**
 * All of a few names, otherwise some and how many more.
 * @param count how many there are, also of those without a name
 */
export function listedUpTo(max: number, names: readonly string[], count = names.length): string {
  const shown = names.slice(0, max);
  const more = count - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${numberText(more)} more` : listed(shown);
}

/** What a sentence calls a resource of a type: "user", "group", otherwise the name of the type. */
export function typeNoun(type: string | undefined): string {
  if (type === undefined) return "resource";
  return type === "User" || type === "Group" ? type.toLowerCase() : labelText(type);
}

/** "users", "resources of the type Device"; without a type, "resources of every type". */
export function typeNounOfMany(type: string | undefined): string {
  if (type === undefined) return "resources of every type";
  return type === "User" || type === "Group" ? `${type.toLowerCase()}s` : `resources of the type ${labelText(type)}`;
}
