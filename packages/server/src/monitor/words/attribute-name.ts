/** Names that are not just the words of the attribute's. By path, without the schema. */
const NAMES: ReadonlyMap<string, string> = new Map([
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
const SINGULAR: ReadonlyMap<string, string> = new Map([
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
const PLURAL: ReadonlyMap<string, string> = new Map([
  ["emails", "e-mail addresses"],
  ["phoneNumbers", "phone numbers"],
  ["ims", "messenger addresses"],
  ["x509Certificates", "certificates"],
]);

/** Parts of an address stand for it: "work city". */
const PARTS: ReadonlyMap<string, string> = new Map([
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

/** Few attributes are told of again and again; paths that clients make up do not fill the memory. */
const known = new Map<string, string>();
const MAX_KNOWN = 1_000;
const MAX_KNOWN_CHARACTERS = 100;

function named(path: string): string {
  const [, attribute = "", selector, sub] = /([\w$-]*)(?:\[(.*)\])?(?:\.([\w$-]+))?$/s.exec(withoutSchema(path)) ?? [];
  if (selector !== undefined) return elementName(attribute, selector, sub);
  if (sub === undefined) return NAMES.get(attribute) ?? PLURAL.get(attribute) ?? words(attribute);
  const plain = NAMES.get(`${attribute}.${sub}`);
  return (
    plain ?? (sub === "value" ? (SINGULAR.get(attribute) ?? words(attribute)) : `${words(attribute)} ${words(sub)}`)
  );
}

/** What one value of a multi-valued attribute is called: "role", "e-mail". */
export function singularName(attribute: string): string {
  const name = withoutSchema(attribute);
  return SINGULAR.get(name) ?? words(name.replace(/(?<=[^s])s$/, ""));
}

function elementName(attribute: string, selector: string, sub: string | undefined): string {
  const [, by = "", text] = /(\w+) eq (?:"((?:[^"\\]|\\.)*)"|true)/i.exec(selector) ?? [];
  const noun = singularName(attribute);
  const isPart = sub !== undefined && attribute === "addresses" && sub !== "type" && sub !== "primary";
  const thing = isPart ? (PARTS.get(sub) ?? words(sub)) : noun;
  const whole = by === "type" ? `${text} ${thing}` : text === undefined ? `primary ${thing}` : `${thing} ${text}`;
  return sub === undefined || sub === "value" || isPart ? whole : `${whole} (${words(sub)})`;
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
