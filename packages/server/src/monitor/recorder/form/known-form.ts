import type { ExchangeForm } from "../../../store/exchange-form.ts";
import type { Recognition } from "../../dialect/recognise.ts";
import type { SecretNames } from "../../redact/secret-names.ts";
import type { Actors } from "../actors.ts";
import type { Answered, Happened } from "../answered.ts";
import { areSameTexts } from "../same-texts.ts";
import { type Around, isAround, isPlainLabel, isPlainSought, type Own, resourceIn, soughtOf } from "./own.ts";

/** A form, and which exchanges have it. */
export type KnownForm = {
  /** Which manner of asking it is of. */
  readonly kind: string;
  readonly form: ExchangeForm;
  /** The exchange that it was made of: others have all this alike. */
  readonly like: Answered;
  readonly client: string;
  /** Who that is, as far as was known. */
  readonly sender: Recognition;
  readonly names: SecretNames;
  readonly url: Around;
  /** undefined where none was sent. */
  readonly filter: Around | undefined;
  /** Of the answer, in their order. */
  readonly headers: readonly (readonly [name: string, value: Around])[];
};

/** Whether an exchange differs from those of a form in nothing but what is its own. */
export function isAlike(answered: Answered, { like, client, sender }: KnownForm, actors: Actors): boolean {
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
    areSameTexts(answered.requestHeaders, like.requestHeaders) &&
    actors.whoIs(client) === sender
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

/** The values of an exchange, by the number of their marks; undefined where they do not fit into the form. */
export function valuesOf(
  answered: Answered,
  { names, url, filter, headers }: KnownForm,
): readonly string[] | undefined {
  const { happened } = answered;
  const own = resourceIn(happened);
  if (own === undefined) return undefined;
  if (url.open === "soughtInUrl") {
    const asked = answered.url;
    if (!asked.startsWith(url.before) || !asked.endsWith(url.after)) return undefined;
    own.soughtInUrl = asked.slice(url.before.length, asked.length - url.after.length);
    own.sought = soughtOf(own.soughtInUrl);
    const { filter: sent = "" } = happened.kind === "searched" ? happened.parameters : {};
    if (filter === undefined || !isPlainSought(own, names) || !isAround(sent, filter, own)) return undefined;
  } else if (!isAround(answered.url, url, own)) return undefined;
  if (own.label !== "" && !isPlainLabel(own.label, names)) return undefined;
  return haveHeaders(answered.responseHeaders, headers, own)
    ? [own.id, own.label, own.revision, own.sought, own.soughtInUrl]
    : undefined;
}

function haveHeaders(headers: Answered["responseHeaders"], known: KnownForm["headers"], own: Own): boolean {
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
