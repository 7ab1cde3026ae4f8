import { entityTag } from "@scimtool/scim";
import type { ExchangeForm, FormedExchange } from "../../store/exchange-form.ts";
import type { Exchange } from "../../store/monitor.ts";
import { idOf, revisionOf, withMeta } from "../../store/resource-body.ts";
import type { Store } from "../../store/store.ts";
import type { Recognition } from "../dialect/recognise.ts";
import type { SecretNames } from "../redact/secret-names.ts";
import { redactText } from "../redact/text.ts";
import type { Actors } from "./actors.ts";
import type { Answered, Happened } from "./answered.ts";
import { exchangeOf, microseconds, secretNamesOf } from "./exchange.ts";

// Reads come by the thousand, all alike: a client goes through its users and looks each of them up. What is told of the
// second of a kind is made with marks in place of what is its own; the others are that form with their own filled in, for
// a third of the time. That holds only for what is shown everywhere as it is: everything else is told anew.

/** Kinds that are remembered: the newest, of which the first are found the quickest. */
const MAX_FORMS = 16;
const MAX_SEEN = 64;

/** Longer ones are not worth remembering. */
const MAX_URL_CHARACTERS = 1_000;

/** What stands for the values, each of the kind that it stands for: only a value can be so shown, and no text has it. */
const MARK = {
  id: "5f0c1d7e-8a1b-4f6e-9d3c-b2a7e4906c15",
  label: "Qozvuwimkajx",
  revision: "841290736502119",
  sought: "qozvuwimkajy",
  soughtInUrl: "qozvuwimkajz",
};
const MARKS: readonly string[] = [MARK.id, MARK.label, MARK.revision, MARK.sought, MARK.soughtInUrl];

/** Names that a sentence shows as they are, and that no secret can be in. */
const PLAIN_LABEL = /^[\p{L}\p{N}][\p{L}\p{N} .@'’_()-]{0,79}$/u;

/** What is sought, in a URL, that is shown as it is: names, addresses and GUIDs, and nothing that may be a date. */
const PLAIN_SOUGHT = /^(?:[a-z]|[0-9a-f]{8}-)(?:[\w.-]|%40|@){0,71}$/i;
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Around the last text in quotes. */
const SOUGHT_IN_URL = /^(.*(?:%22|"))([^"%]*(?:%40[^"%]*)*)((?:%22|")[^"]*)$/;

/** What an exchange has of its own; "" where there is no such thing. */
type Own = { id: string; label: string; revision: string; sought: string; soughtInUrl: string };

/** A text around something of {@link Own}, or the whole of it. */
type Around = { readonly before: string; readonly after: string; readonly open: keyof Own | undefined };

type Known = {
  readonly kind: string;
  readonly form: ExchangeForm;
  /** The exchange that it was made of: others have all this alike. */
  readonly like: Answered;
  readonly sender: Recognition;
  readonly names: SecretNames;
  readonly url: Around;
  readonly filter: Around | undefined;
  readonly headers: readonly (readonly [name: string, value: Around])[];
};

export class Forms {
  readonly #actors: Actors;
  readonly #store: Store;
  readonly #known: Known[] = [];
  /** Kinds that have no form: not yet, as there was but one of them, or never. */
  readonly #seen = new Map<string, "once" | "never">();

  constructor(actors: Actors, store: Store) {
    this.#actors = actors;
    this.#store = store;
  }

  /** An answered request by the form that it has; undefined where none is known for it. */
  fill(answered: Answered): FormedExchange | undefined {
    if (answered.method !== "GET") return undefined;
    for (let at = 0; at < this.#known.length; at++) {
      const known = this.#known[at] as Known;
      const values = isAlike(answered, known, this.#actors) ? valuesOf(answered, known) : undefined;
      if (values === undefined) continue;
      if (at > 0) this.#toFront(at, known);
      return formed(answered, known.form, values);
    }
    return undefined;
  }

  /** Learns the form of an exchange that had none, where another one of its kind was seen before. */
  learn(answered: Answered): void {
    const own = ownOf(answered);
    if (own === undefined) return;
    const kind = kindOf(answered, own);
    // One that does not fit into the form of its kind is told anew each time.
    if (this.#known.some((known) => known.kind === kind && isAlike(answered, known, this.#actors))) return;
    const seen = this.#seen.get(kind);
    if (seen === "never") return;
    const known = seen === "once" ? this.#make(answered, own, kind) : undefined;
    if (known === undefined) {
      if (this.#seen.size >= MAX_SEEN) this.#seen.clear();
      this.#seen.set(kind, seen === "once" ? "never" : "once");
      return;
    }
    this.#seen.delete(kind);
    this.#known.unshift(known);
    if (this.#known.length > MAX_FORMS) this.#known.pop();
  }

  #make(answered: Answered, own: Own, kind: string): Known | undefined {
    try {
      return knownOf(answered, own, kind, this.#actors, this.#store);
    } catch {
      // Such as a query that is not well-formed: it is searched by as it came.
      return undefined;
    }
  }

  #toFront(at: number, known: Known): void {
    this.#known.splice(at, 1);
    this.#known.unshift(known);
  }
}

function formed(answered: Answered, form: ExchangeForm, values: readonly string[]): FormedExchange {
  const { timing, durableMs } = answered;
  return {
    form,
    values,
    id: answered.id,
    durationUs: microseconds(answered.durationMs),
    split: {
      queueUs: microseconds(timing.queueMs),
      databaseUs: microseconds(timing.databaseMs),
      durableUs: microseconds(durableMs),
    },
    requestId: answered.requestId,
    responseBytes: answered.responseBytes,
  };
}

function isAlike(answered: Answered, { like, sender }: Known, actors: Actors): boolean {
  const [place, other] = [answered.place, like.place];
  return (
    place.endpoint === other.endpoint &&
    place.credential === other.credential &&
    place.isManual === other.isManual &&
    answered.status === like.status &&
    answered.clientAddress === like.clientAddress &&
    answered.userAgent === like.userAgent &&
    answered.requestBody === undefined &&
    answered.responseBody === like.responseBody &&
    areAlike(answered.happened, like.happened) &&
    areEqual(answered.requestHeaders, like.requestHeaders) &&
    place.credential !== undefined &&
    actors.whoUses(place.credential.identity) === sender
  );
}

/** Whether what happened differs in nothing but what is its own. */
function areAlike(happened: Happened, like: Happened): boolean {
  if (happened.kind === "read") return like.kind === "read" && happened.model === like.model;
  return (
    happened.kind === "searched" &&
    like.kind === "searched" &&
    happened.model === like.model &&
    happened.total === like.total &&
    happened.returned === like.returned &&
    happened.only?.type === like.only?.type
  );
}

function areEqual(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let at = 0; at < some.length; at++) if (some[at] !== others[at]) return false;
  return true;
}

/** The values of an exchange, by the number of their marks; undefined where they do not fit into the form. */
function valuesOf(answered: Answered, { names, url, filter, headers }: Known): readonly string[] | undefined {
  const { happened } = answered;
  const own = resourceIn(happened);
  if (own === undefined) return undefined;
  if (url.open === "soughtInUrl") {
    const asked = answered.url;
    if (!asked.startsWith(url.before) || !asked.endsWith(url.after)) return undefined;
    own.soughtInUrl = asked.slice(url.before.length, asked.length - url.after.length);
    own.sought = own.soughtInUrl.replaceAll("%40", "@");
    const { filter: sent = "" } = happened.kind === "searched" ? happened.parameters : {};
    if (filter === undefined || !isPlainSought(own, names) || !isAround(sent, filter, own)) return undefined;
  } else if (!isAround(answered.url, url, own)) return undefined;
  if (own.label !== "" && !(PLAIN_LABEL.test(own.label) && isHarmless(own.label, names))) return undefined;
  return haveHeaders(answered.responseHeaders, headers, own)
    ? [own.id, own.label, own.revision, own.sought, own.soughtInUrl]
    : undefined;
}

function isPlainSought({ id, sought, soughtInUrl }: Own, names: SecretNames): boolean {
  // Nothing found by a GUID is a test of the connection.
  return PLAIN_SOUGHT.test(soughtInUrl) && isHarmless(sought, names) && (id !== "" || !GUID.test(sought));
}

/** Whether a text has neither a secret nor a name that would make one of what is next to it. */
function isHarmless(text: string, names: SecretNames): boolean {
  return names.isPlain(text) || (!names.areMentioned(text) && redactText(text, names) === text);
}

function isAround(text: string, { before, after, open }: Around, own: Own): boolean {
  if (open === undefined) return text === before;
  const value = own[open];
  return (
    text.length === before.length + value.length + after.length &&
    text.startsWith(before) &&
    text.startsWith(value, before.length) &&
    text.endsWith(after)
  );
}

function haveHeaders(headers: Answered["responseHeaders"], known: Known["headers"], own: Own): boolean {
  let at = 0;
  for (const name in headers) {
    const [expected, around] = known[at++] ?? [];
    const value = headers[name];
    if (around === undefined || name !== expected || typeof value !== "string" || !isAround(value, around, own)) {
      return false;
    }
  }
  return at === known.length;
}

/** What an exchange that may have a form has of its own, without what it looked for. */
function resourceIn(happened: Happened): Own | undefined {
  if (happened.kind === "read") {
    const { id, label, revision } = happened.stored;
    return label === undefined ? undefined : ownWith(id, label, revision);
  }
  if (happened.kind !== "searched" || happened.parameters.filter === undefined) return undefined;
  const { only, total } = happened;
  if (only === undefined) return total === 0 ? { ...NOTHING } : undefined;
  const { label } = only.stored;
  return total !== 1 || label === undefined ? undefined : ownWith(idOf(only.stored), label, revisionOf(only.stored));
}

const NOTHING: Own = { id: "", label: "", revision: "", sought: "", soughtInUrl: "" };

function ownWith(id: string, label: string, revision: number): Own {
  return { id, label, revision: String(revision), sought: "", soughtInUrl: "" };
}

function ownOf({ method, url, happened, place, requestBody }: Answered): Own | undefined {
  const { endpoint, credential } = place;
  const isKept = endpoint !== undefined && credential !== undefined && requestBody === undefined;
  if (method !== "GET" || !isKept || url.length > MAX_URL_CHARACTERS) return undefined;
  const own = resourceIn(happened);
  if (own === undefined) return undefined;
  if (happened.kind === "searched") {
    own.soughtInUrl = SOUGHT_IN_URL.exec(url)?.[2] ?? "";
    own.sought = own.soughtInUrl.replaceAll("%40", "@");
    if (!isPlainSought(own, secretNamesOf(endpoint))) return undefined;
  }
  return own;
}

function kindOf({ url, happened, userAgent = "", place }: Answered, own: Own): string {
  const asked = around(url, own, happened.kind === "read" ? "id" : "soughtInUrl");
  return [happened.kind, own.id === "", asked.before, asked.after, userAgent, place.credential?.identity].join("\n");
}

/** A text with a value left open, where that is in it once; else all of it. */
function around(text: string, own: Own, open: keyof Own): Around {
  const value = own[open];
  const at = value === "" ? -1 : text.lastIndexOf(value);
  if (at < 0 || text.indexOf(value) !== at) return { before: text, after: "", open: undefined };
  return { before: text.slice(0, at), after: text.slice(at + value.length), open };
}

function marked({ before, after, open }: Around): string {
  return open === undefined ? before : before + MARK[open] + after;
}

/** Makes the form of an exchange; undefined where it is not shown as it is. */
function knownOf(answered: Answered, own: Own, kind: string, actors: Actors, store: Store): Known | undefined {
  const { place, happened } = answered;
  const sender = place.credential && actors.whoUses(place.credential.identity);
  if (sender === undefined) return undefined;
  const url = around(answered.url, own, happened.kind === "read" ? "id" : "soughtInUrl");
  const sent = happened.kind === "searched" ? happened.parameters.filter : undefined;
  const filter = sent === undefined ? undefined : around(sent, own, "sought");
  const headers = Object.entries(answered.responseHeaders).map(([name, value]) => {
    const isTag = own.revision !== "" && value === entityTag(Number(own.revision));
    return [name, around(String(value), own, isTag ? "revision" : "id")] as const;
  });
  const exchange = exchangeOf(
    {
      ...answered,
      url: marked(url),
      responseHeaders: Object.fromEntries(headers.map(([name, value]) => [name, marked(value)])),
      recognition: sender,
      happened: markedHappening(happened, filter),
    },
    actors,
    store,
  );
  if (exchange instanceof Promise || !isShownAsItIs(exchange, happened)) return undefined;
  const names = secretNamesOf(place.endpoint);
  return { kind, form: { model: exchange, marks: MARKS }, like: answered, sender, names, url, filter, headers };
}

function markedHappening(happened: Happened, filter: Around | undefined): Happened {
  const [id, label, revision] = [MARK.id, MARK.label, Number(MARK.revision)];
  if (happened.kind === "read") return { ...happened, stored: { ...happened.stored, id, label, revision } };
  if (happened.kind !== "searched" || filter === undefined) return happened;
  const { only, parameters } = happened;
  const body = withMeta("{}", "", { id, revision, createdMs: 0, modifiedMs: 0 });
  return {
    ...happened,
    parameters: { ...parameters, filter: marked(filter) },
    only: only && { ...only, stored: { ...only.stored, label, body } },
  };
}

/** Whether everything that is its own is where it must be, and stands apart. */
function isShownAsItIs(model: Exchange, happened: Happened): boolean {
  const { path, query, sentences, resources, details } = model;
  const isAsked =
    happened.kind === "read"
      ? path.endsWith(`/${MARK.id}`)
      : decodeURIComponent(query).includes(`"${MARK.soughtInUrl}"`);
  const isFound =
    (happened.kind === "searched" && happened.only === undefined) ||
    (resources[0]?.id === MARK.id &&
      resources[0].label === MARK.label &&
      details["revision"] === Number(MARK.revision));
  return isAsked && isFound && sentences.every(({ text }) => !BESIDE_MARK.test(text));
}

/** A letter, a digit or a hyphen next to a mark. */
const BESIDE_MARK = new RegExp(`[\\p{L}\\p{N}-](?:${MARKS.join("|")})|(?:${MARKS.join("|")})[\\p{L}\\p{N}-]`, "u");
