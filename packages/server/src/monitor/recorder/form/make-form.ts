import { entityTag } from "@scimtool/scim";
import type { Exchange } from "../../../store/exchange.ts";
import { withMeta } from "../../../store/resource-body.ts";
import type { Store } from "../../../store/store.ts";
import { type Actors, clientOf } from "../actors.ts";
import type { Answered, Happened } from "../answered.ts";
import { exchangeOf, secretNamesOf } from "../exchange.ts";
import type { KnownForm } from "./known-form.ts";
import { type Around, around, type Own } from "./own.ts";

/** What stands for the values, each of the kind that it stands for: only a value can be so shown, and no text has it. */
const MARK = {
  id: "5f0c1d7e-8a1b-4f6e-9d3c-b2a7e4906c15",
  label: "Qozvuwimkajx",
  revision: "841290736502119",
  sought: "qozvuwimkajy",
  soughtInUrl: "qozvuwimkajz",
};
const MARKS: readonly string[] = [MARK.id, MARK.label, MARK.revision, MARK.sought, MARK.soughtInUrl];

/**
 * Makes the form of an exchange.
 * @param own what it has of its own
 * @returns undefined where that is not shown as it is
 * @throws URIError for a query that is not well-formed
 */
export function makeForm(
  answered: Answered,
  own: Own,
  kind: string,
  actors: Actors,
  store: Store,
): KnownForm | undefined {
  const { place, happened } = answered;
  if (place.credential === undefined) return undefined;
  const client = clientOf(place.credential.identity, answered.userAgent, answered.url);
  const sender = actors.whoIs(client);
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
  return { kind, form: { model: exchange, marks: MARKS }, like: answered, client, sender, names, url, filter, headers };
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

function marked({ before, after, open }: Around): string {
  return open === undefined ? before : before + MARK[open] + after;
}
