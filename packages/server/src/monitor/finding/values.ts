import { type ChangeSet, diffResources, isObject, type Json } from "@scimtool/scim";
import type { Finding } from "../../store/exchange.ts";
import { attributeName, listedUpTo } from "../words/names.ts";
import { labelText, plainText } from "../words/values.ts";
import { finding } from "./finding.ts";
import { versionBefore } from "./loss.ts";
import type { Done, Seen } from "./seen.ts";

/** Texts of one write that are looked at, and how long they may be. */
const MAX_TEXTS = 200;
const MAX_CHARACTERS = 1_000;

/** A text that a write set; `before` if the attribute had another one. */
type Text = { readonly path: string; readonly text: string; readonly before?: string };

/** Values that were stored as sent, but that nobody can have meant. */
export function findSuspectValues(seen: Seen, done: Done): Finding | undefined {
  const { fact, written, subject } = done;
  const isCreate = fact.action === "create";
  if (!isCreate && fact.action !== "modify" && fact.action !== "replace") return undefined;
  const changes = isCreate ? diffResources({}, written.after, subject.model) : written.changes;
  const suspects = [
    ...swappedNames(changes),
    ...textsOf(changes).flatMap((each) => {
      const reason = suspicionOf(each);
      return reason === undefined ? [] : [{ ...each, reason }];
    }),
  ];
  if (suspects.length === 0) return undefined;
  const quoted = suspects.map(({ path, text }) => `${attributeName(path)} "${plainText(text)}"`);
  const values = {
    values: listedUpTo(3, quoted),
    resource: labelText(fact.resource.label),
    why: [...new Set(suspects.map(({ reason }) => reason))].join(" "),
    paths: listedUpTo(3, [...new Set(suspects.map(({ path }) => path))]),
  };
  const versions = isCreate ? [] : [versionBefore(done)];
  return finding("value.suspect", seen.facts.actor, values, { resources: [fact.resource], versions });
}

/** The texts that a write set and that the attribute did not have before. */
function textsOf(changes: ChangeSet): Text[] {
  return changes
    .flatMap((change) => {
      if (change.kind !== "attribute") return [];
      const before = typeof change.before === "string" ? { before: change.before } : {};
      const known = new Set(textsIn(change.path, change.before).map(({ text }) => text));
      return textsIn(change.path, change.after).flatMap((each) =>
        known.has(each.text) ? [] : [{ ...each, ...before }],
      );
    })
    .slice(0, MAX_TEXTS);
}

function textsIn(path: string, json: Json | undefined): Text[] {
  if (typeof json === "string") return json.length > MAX_CHARACTERS ? [] : [{ path, text: json }];
  if (Array.isArray(json)) return json.slice(0, MAX_TEXTS).flatMap((each) => textsIn(path, each));
  if (!isObject(json)) return [];
  return Object.entries(json).flatMap(([name, value]) => (name === "$ref" ? [] : textsIn(`${path}.${name}`, value)));
}

/** Given and family name that changed places. */
function swappedNames(changes: ChangeSet): (Text & { reason: string })[] {
  const changeOf = (path: string) => changes.find((change) => change.kind === "attribute" && change.path === path);
  const [given, family] = [changeOf("name.givenName"), changeOf("name.familyName")];
  if (given?.kind !== "attribute" || family?.kind !== "attribute") return [];
  if (given.before === undefined || given.before !== family.after || given.after !== family.before) return [];
  const reason = "The given name and the family name changed places.";
  return [given, family].map(({ path, after }) => ({ path, text: String(after), reason }));
}

/** Why a text looks wrong, as a sentence; undefined if it does not. */
export function suspicionOf({ path, text, before }: Text): string | undefined {
  return SUSPICIONS.find(({ isIn }) => isIn(text, path, before))?.reason(text);
}

type Suspicion = {
  readonly isIn: (text: string, path: string, before: string | undefined) => boolean;
  readonly reason: (text: string) => string;
};

/** What programs write where they have no value. */
const NO_VALUE = /^(?:null|undefined|NaN|\(null\)|#N\/A|#REF!|#VALUE!|\[object Object\])$/;

/** A variable of a template that has no value. */
const UNFILLED = /\$\{[^{}]+\}|\{\{[^{}]+\}\}|<%.*?%>|^%[A-Za-z_]+%$|^\[[A-Za-z][\w.]*\]$/;

/** Whether a text stands for a missing ID: `null`, `{id}`, `:id`. */
export function isUnfilled(text: string): boolean {
  return isNoValue(text) || UNFILLED.test(text) || /^(?:none|nil|[{<:$%][\w.-]+[}>%]?|%[sd])$/i.test(text.trim());
}

const LANGUAGE_PATHS: ReadonlySet<string> = new Set(["locale", "preferredLanguage"]);
const NAME_PATHS: ReadonlySet<string> = new Set(["userName", "emails.value"]);

function isTimeZone(text: string): boolean {
  try {
    return Intl.DateTimeFormat("en", { timeZone: text }) !== undefined;
  } catch {
    return false;
  }
}

const SUSPICIONS: readonly Suspicion[] = [
  {
    isIn: (text) => isNoValue(text),
    reason: (text) => `Programs write "${plainText(text)}" where a value is missing.`,
  },
  {
    isIn: (text) => UNFILLED.test(text),
    reason: (text) => `"${plainText(text)}" is a placeholder that was not replaced by a value.`,
  },
  {
    isIn: (text) =>
      /&(?:#\d{2,5}|#x[\da-f]{2,5}|amp|lt|gt|quot|apos|nbsp|\w{1,2}(?:uml|acute|grave|circ|tilde|cedil|ring|lig));/i.test(
        text,
      ),
    reason: () => "Characters were escaped as in HTML, but SCIM sends them as they are.",
  },
  {
    isIn: (text) => text.includes("\uFFFD"),
    reason: () => "A character was lost: U+FFFD stands for bytes that are not valid in the encoding they were read in.",
  },
  {
    isIn: (text) => decodedAgain(text) !== undefined,
    reason: (text) => `UTF-8 was read as Latin-1: it is "${plainText(decodedAgain(text) ?? "")}" if read as UTF-8.`,
  },
  {
    isIn: (text) => !text.includes("://") && /\p{L}\?\p{L}|\?\?/u.test(text),
    reason: () =>
      "Question marks stand where letters are expected, as after a conversion to an encoding without these letters.",
  },
  {
    isIn: (text) => text.trim() !== "" && /^\s|\s$|[\u200B\uFEFF]/.test(text),
    reason: () =>
      "The value begins or ends with a space, or contains invisible characters: a search without them does not find it.",
  },
  {
    isIn: (text) => /^\d[.,]\d+E\+?\d{1,2}$/.test(text),
    reason: () => "A long number was written with an exponent, as spreadsheets do: its last digits may be lost.",
  },
  {
    isIn: (text) => /^(["'\u201C\u201E\u2018\u00AB]).*["'\u201C\u201D\u2019\u00BB]$/su.test(text.trim()),
    reason: () => "The value includes quotation marks: a search without them does not find it.",
  },
  {
    isIn: (text, path) => path === "emails.value" && /^[^@]*$|@.*@|\s/.test(text.trim()),
    reason: (text) => `"${plainText(text)}" is not an e-mail address.`,
  },
  {
    isIn: (text, path) => path === "userName" && /@.*@/.test(text),
    reason: () => "userName has two @ characters.",
  },
  {
    isIn: (text, path) =>
      path === "phoneNumbers.value" && (text.replaceAll(/\D/g, "").length < 3 || /^(\d)\1{5,}$/.test(text)),
    reason: (text) => `"${plainText(text)}" is not a phone number.`,
  },
  {
    isIn: (text, path) => LANGUAGE_PATHS.has(path) && !/^(?:[a-z]{2,3}|\*)(?:[-_,;=.\s]|$)/i.test(text),
    reason: (text) => `"${plainText(text)}" is not a language tag such as en-US (RFC 5646).`,
  },
  {
    isIn: (text, path) => path === "timezone" && !isTimeZone(text),
    reason: (text) => `"${plainText(text)}" is not a time zone of the IANA database such as Europe/Berlin.`,
  },
  {
    isIn: (text, path) =>
      NAME_PATHS.has(path) && /\p{Script=Latin}/u.test(text) && /[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(text),
    reason: () => "It mixes Latin letters with Cyrillic or Greek ones that look alike.",
  },
  {
    isIn: (text, _, before = "") =>
      text.length >= 8 && before.startsWith(text) && /\p{L}$/u.test(text) && /^\p{Ll}/u.test(before.slice(text.length)),
    reason: (text) =>
      `The previous value was longer and began with the same ${text.length} characters: this one was cut off within a word.`,
  },
];

/** `null`, `undefined undefined`, `undefined@example.com`. */
function isNoValue(text: string): boolean {
  if (NO_VALUE.test(text.trim())) return true;
  const words = text.replace(/@.*$/s, "").split(/[\s._]+/);
  return (words.length > 1 || text.includes("@")) && words.every((word) => NO_VALUE.test(word));
}

/** What a text says if its characters are the bytes of UTF-8; undefined if they are not. */
function decodedAgain(text: string): string | undefined {
  if (!/[\u0080-\u00FF]/.test(text) || /[^\0-\u00FF]/.test(text)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(text, "latin1"));
  } catch {
    return undefined;
  }
}
