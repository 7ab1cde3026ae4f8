import { ownerOfId } from "../diagnosis/not-found.ts";
import type { Actor, Discovered, ExchangeFacts, Read, Searched, TokenIssued } from "../exchange-facts.ts";
import { lookUpOf, purposeOf } from "../probe.ts";
import { secretNames } from "../redact/secret-names.ts";
import { redactFilter } from "../redact/text.ts";
import { attributeName, typeNoun, typeNounOfMany } from "../words/names.ts";
import { actor, type Part, resource, type Sentence, text, value } from "../words/sentence.ts";
import { clockText, counted, momentText, numberText, plainText, valueText } from "../words/values.ts";

/** Characters of a filter that a sentence shows. */
const MAX_FILTER_CHARACTERS = 120;

const SECRETS = secretNames();

/** A query: a connection test, the look-up of one resource, or a list. */
export function searchedSentence(facts: ExchangeFacts, searched: Searched): Sentence {
  const purpose = purposeOf(facts);
  if (purpose === "test") return testedSentence(facts.actor);
  const lookUp = lookUpOf(searched);
  if (purpose === "look-up" && lookUp !== undefined) {
    const shown = valueText(lookUp.value, lookUp.attribute);
    const what = [text(` looked for the ${attributeName(lookUp.attribute)} `), value(shown), text(" and found ")];
    const kind = searched.total === 0 ? "look-up.missed" : "look-up.found";
    return asked(kind, facts.actor, [...what, ...found(searched)]);
  }
  return asked("search", facts.actor, listedParts(searched));
}

/** "Entra ID tested the connection". @param more how often, if it did several times */
function testedSentence(by: Actor, more: readonly Part[] = []): Sentence {
  return asked("connection.tested", by, [text(" tested the connection"), ...more]);
}

export function readSentence(read: Read, { actor: by }: ExchangeFacts): Sentence {
  const { type, id, label, found, former, elsewhere } = read;
  if (found) return asked("read.found", by, [text(" read "), ...resource({ type, id, label: label ?? id })]);
  const what = [text(` asked for a ${typeNoun(type)} that does not exist (`)];
  if (elsewhere !== undefined) {
    return asked("read.missed", by, [...what, text("the ID belongs to "), ...ownerOfId(elsewhere), text(")")]);
  }
  if (former === undefined) return asked("read.missed", by, [...what, text("ID "), value(plainText(id)), text(")")]);
  const who = { type: former.type, id, label: former.label };
  const named = former.type === type ? resource(who) : [text("the ID belonged to "), ...ownerOfId(who)];
  return asked("read.missed", by, [...what, ...named, text(`, deleted on ${momentText(former.deletedMs)})`)]);
}

export function discoveredSentence({ what, name }: Discovered, by: Actor): Sentence {
  const whole = {
    ServiceProviderConfig: "what this server supports",
    ResourceTypes: "the resource types",
    Schemas: "the schemas",
  };
  const one = what === "Schemas" ? "the schema " : "the resource type ";
  return asked(
    "discovery",
    by,
    name === undefined ? [text(` read ${whole[what]}`)] : [text(` read ${one}`), value(plainText(name))],
  );
}

export function tokenSentence({ clientId, expiresMs }: TokenIssued, { atMs }: ExchangeFacts): Sentence {
  const until = value(`${clockText(expiresMs, atMs, "UTC")} UTC`, expiresMs);
  const parts = [
    text("The client "),
    value(plainText(clientId)),
    text(" got an access token (valid until "),
    until,
    text(")"),
  ];
  return { kind: "token.issued", severity: "info", parts, attributes: [] };
}

function asked(kind: Sentence["kind"], by: Actor, parts: readonly Part[]): Sentence {
  return { kind, severity: "info", parts: [actor(by), ...parts], attributes: [] };
}

function found({ total, only, type }: Searched): Part[] {
  if (only !== undefined) return resource(only);
  if (total === 0) return [text(type === "User" ? "nobody" : "nothing")];
  return [value(numberText(total), total)];
}

function listedParts(searched: Searched): Part[] {
  const { type, filter, total, returned, paging } = searched;
  const many = typeNounOfMany(type);
  if (filter !== undefined && filter.trim() !== "") {
    const shown = plainText(redactFilter(filter, SECRETS), MAX_FILTER_CHARACTERS);
    return [text(` searched ${many} by `), value(shown), text(" and found "), ...found(searched)];
  }
  if (paging.kind === "index" && total > 0 && paging.startIndex > total && paging.count !== 0) {
    const beyond = ` listed ${many} from ${numberText(paging.startIndex)} on: there are only `;
    return [text(beyond), value(numberText(total), total)];
  }
  if (returned === 0) return [text(` counted ${many}: there are `), value(numberText(total), total)];
  if (returned === total) return [text(` listed ${many}, all `), value(numberText(total), total)];
  if (paging.kind === "cursor") {
    const page = paging.isFirst ? ", the first " : ", the next ";
    return [text(` listed ${many}${page}`), value(numberText(returned), returned), text(` of ${numberText(total)}`)];
  }
  const last = paging.startIndex + returned - 1;
  return [
    text(` listed ${many} ${numberText(paging.startIndex)} to ${numberText(last)} of `),
    value(numberText(total), total),
  ];
}

/** Repeated connection tests of one client, folded into one line. */
export type Tests = {
  readonly endpoint: string;
  /** As of the last test: it may take some requests to recognise a client. */
  readonly actor: Actor;
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly lastMs: number;
};

/**
 * "Entra ID tested the connection (412 times since 08:00)".
 * @param timeZone of the reader, IANA name
 * @throws RangeError for an unknown time zone
 */
export function testsSentence({ actor, count, sinceMs, lastMs }: Tests, timeZone = "UTC"): Sentence {
  if (count === 1) return testedSentence(actor);
  const since = value(clockText(sinceMs, lastMs, timeZone), sinceMs);
  return testedSentence(actor, [text(" ("), value(counted(count, "time"), count), text(" since "), since, text(")")]);
}
