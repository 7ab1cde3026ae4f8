import { idOf, revisionOf } from "../../../store/resource-body.ts";
import type { SecretNames } from "../../redact/secret-names.ts";
import { redactText } from "../../redact/text.ts";
import type { Answered, Happened } from "../answered.ts";
import { secretNamesOf } from "../exchange.ts";

// What of an exchange is its own, where others are alike.

/** Longer ones are not worth remembering. */
const MAX_URL_CHARACTERS = 1_000;

/** Names that a sentence shows as they are, and that no secret can be in. */
const PLAIN_LABEL = /^[\p{L}\p{N}][\p{L}\p{N} .@'’_()-]{0,79}$/u;

/** What is sought, in a URL, that is shown as it is: names, addresses and GUIDs, and nothing that may be a date. */
const PLAIN_SOUGHT = /^(?:[a-z]|[0-9a-f]{8}-)(?:[\w.-]|%40|@){0,71}$/i;
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Around the last text in quotes. */
const SOUGHT_IN_URL = /^(.*(?:%22|"))([^"%]*(?:%40[^"%]*)*)((?:%22|")[^"]*)$/;

/** What an exchange has of its own; "" where there is no such thing. */
export type Own = { id: string; label: string; revision: string; sought: string; soughtInUrl: string };

/** A text around something of {@link Own}, or the whole of it. */
export type Around = { readonly before: string; readonly after: string; readonly open: keyof Own | undefined };

/** What an exchange has of its own; undefined where it is of no kind that has forms, or shown in another way. */
export function ownOf({ method, url, happened, place, requestBody }: Answered): Own | undefined {
  const { endpoint, credential } = place;
  const isKept = endpoint !== undefined && credential !== undefined && requestBody === undefined;
  if (method !== "GET" || !isKept || url.length > MAX_URL_CHARACTERS) return undefined;
  const own = resourceIn(happened);
  if (own === undefined) return undefined;
  if (happened.kind === "searched") {
    own.soughtInUrl = SOUGHT_IN_URL.exec(url)?.[2] ?? "";
    own.sought = soughtOf(own.soughtInUrl);
    if (!isPlainSought(own, secretNamesOf(endpoint))) return undefined;
  }
  return own;
}

/** What an exchange that may have a form has of its own, without what it looked for. */
export function resourceIn(happened: Happened): Own | undefined {
  if (happened.kind === "read") {
    const { id, label, revision } = happened.stored;
    return label === undefined ? undefined : ownWith(id, label, revision);
  }
  if (happened.kind !== "searched" || happened.parameters.filter === undefined) return undefined;
  const { only, total } = happened;
  if (only === undefined) return total === 0 ? { ...NOTHING } : undefined;
  const { label } = only.stored;
  return label === undefined ? undefined : ownWith(idOf(only.stored), label, revisionOf(only.stored));
}

const NOTHING: Own = { id: "", label: "", revision: "", sought: "", soughtInUrl: "" };

function ownWith(id: string, label: string, revision: number): Own {
  return { id, label, revision: String(revision), sought: "", soughtInUrl: "" };
}

/** What is sought, as it is meant where it is written so in a URL. */
export function soughtOf(soughtInUrl: string): string {
  return soughtInUrl.replaceAll("%40", "@");
}

/** Whether what is sought is shown as it is. */
export function isPlainSought({ id, sought, soughtInUrl }: Own, names: SecretNames): boolean {
  // Nothing found by a GUID is a test of the connection.
  return PLAIN_SOUGHT.test(soughtInUrl) && isHarmless(sought, names) && (id !== "" || !GUID.test(sought));
}

/** Whether a text has neither a secret nor a name that would make one of what is next to it. */
function isHarmless(text: string, names: SecretNames): boolean {
  return names.isPlain(text) || (!names.areMentioned(text) && redactText(text, names) === text);
}

export function isPlainLabel(label: string, names: SecretNames): boolean {
  return PLAIN_LABEL.test(label) && isHarmless(label, names);
}

/** A text with a value left open, where that is in it once; else all of it. */
export function around(text: string, own: Own, open: keyof Own): Around {
  const value = own[open];
  const at = value === "" ? -1 : text.lastIndexOf(value);
  if (at < 0 || text.indexOf(value) !== at) return { before: text, after: "", open: undefined };
  return { before: text.slice(0, at), after: text.slice(at + value.length), open };
}

/** Whether a text is that around what an exchange has of its own. */
export function isAround(text: string, { before, after, open }: Around, own: Own): boolean {
  if (open === undefined) return text === before;
  const value = own[open];
  return (
    text.length === before.length + value.length + after.length &&
    text.startsWith(before) &&
    text.startsWith(value, before.length) &&
    text.endsWith(after)
  );
}
