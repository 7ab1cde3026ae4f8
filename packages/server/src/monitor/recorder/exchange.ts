import type { Json, JsonObject, Note } from "@scimtool/scim";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import { SHARED_SECRET_LABEL } from "../../store/credential.ts";
import { type Exchange, type Finding, SEVERITIES, type Severity } from "../../store/exchange.ts";
import { revisionOf } from "../../store/resource-body.ts";
import type { Reference, Store } from "../../store/store.ts";
import { diagnose } from "../diagnosis/diagnose.ts";
import { productOf } from "../dialect/client.ts";
import type { Recognition } from "../dialect/recognise.ts";
import type { ExchangeFacts, Outcome, Written } from "../exchange-facts.ts";
import { explanationIn, findingsOf } from "../finding/find.ts";
import type { Memory } from "../finding/memory.ts";
import { purposeOf } from "../probe.ts";
import { type SecretNames, secretNames } from "../redact/secret-names.ts";
import { redactJson, redactText, withoutQuoted } from "../redact/text.ts";
import { redactQuery, redactUrl, redactUrlsIn } from "../redact/url.ts";
import { sentencesOf } from "../sentence/sentences.ts";
import { english, type Sentence } from "../words/sentence.ts";
import { type Actors, clientOf } from "./actors.ts";
import type { Answered, Happened } from "./answered.ts";
import { type KeptMessage, keptLimitsOf, keptRequest, keptResponse, USUAL_LIMITS } from "./message.ts";
import { outcomeOf } from "./outcome.ts";
import { pathBelow, sentPathOf } from "./path.ts";

/** An exchange is found by so many resources: its own, and the first of many members. */
const MAX_RESOURCES = 200;

/**
 * Prepares an answered request for storage: in sentences, explained if it failed, and without secrets. Synchronous if
 * nothing must be looked up.
 */
export function exchangeOf(
  answered: Answered,
  { actors, store, secretNamesOf, memory }: ExchangeParts,
): Exchange | Promise<Exchange> {
  const { place, method, userAgent } = answered;
  // Nothing exists below an endpoint that does not exist.
  const { path, query } = pathBelow(answered.url, place.endpoint === undefined ? "" : place.basePath);
  const sender =
    answered.recognition ??
    actors.whoSent({ method, path, query, userAgent, body: answered.requestJson }, place.credential?.identity);
  const outcome = outcomeOf(answered, path, store);
  const names = secretNamesOf(place.endpoint);
  const made = (known: Outcome) => {
    const facts = factsOf(answered, path, query, sender, known, names);
    const { endpoint, credential } = place;
    const client = `${endpoint?.key} ${clientOf(credential?.identity ?? "", userAgent, query)}`;
    const found = memory === undefined ? [] : findingsOf({ facts, answered, endpoint, client, memory, store });
    const withFindings = (findings: readonly Finding[]) =>
      withOutcome(answered, facts, sender, findings, names, facts.path !== path);
    return found instanceof Promise ? found.then(withFindings) : withFindings(found);
  };
  return outcome instanceof Promise ? outcome.then(made) : made(outcome);
}

/** As {@link exchangeOf}, without the bodies, which may be the reason why it failed. */
export async function exchangeWithoutBodies(answered: Answered, parts: ExchangeParts): Promise<Exchange> {
  const { requestBody, responseBody, responseBytes } = answered;
  const rest = { ...answered, requestBody: undefined, requestJson: undefined, responseBody: "" };
  const made = await exchangeOf(rest, { ...parts, memory: undefined });
  const bodyBytes = requestBody?.length ?? 0;
  const details = {
    ...made.details,
    ...(bodyBytes > 0 && { requestNote: NOT_LOOKED_THROUGH }),
    ...(responseBody.length > 0 && { responseNote: NOT_LOOKED_THROUGH }),
  };
  const message = (of: Exchange["request"], bytes: number) => ({ ...of, bodyBytes: bytes });
  return {
    ...made,
    details,
    request: message(made.request, bodyBytes),
    response: message(made.response, responseBytes),
  };
}

const NOT_LOOKED_THROUGH = "Not kept, as it could not be looked through for secrets.";

function factsOf(
  { place, atMs, method, status, userAgent }: Answered,
  path: string,
  query: string | undefined,
  sender: Recognition,
  outcome: Outcome,
  names: SecretNames,
): ExchangeFacts {
  const { endpoint, credential, isManual } = place;
  // Without a valid credential, the sender may be anybody.
  const dialect = isManual && credential !== undefined ? "manual" : sender.dialect;
  // Paths of administration consist of keys and names that exist.
  const shownPath = outcome.kind === "administered" ? path : redactUrl(path, names);
  return {
    atMs,
    method,
    path: shownPath,
    query: query ?? "",
    status,
    userAgent,
    endpoint: endpoint?.name ?? "",
    actor: { label: labelOf(credential?.label, userAgent), dialect },
    outcome,
  };
}

/** An administrator chose the name of a token. For the shared secret, the product says more. */
function labelOf(label: string | undefined, userAgent: string | undefined): string | undefined {
  return label === SHARED_SECRET_LABEL ? (productOf(userAgent ?? "") ?? label) : label;
}

/** @param isPathSecret whether a part of the path was replaced */
function withOutcome(
  answered: Answered,
  facts: ExchangeFacts,
  sender: Recognition,
  findings: readonly Finding[],
  names: SecretNames,
  isPathSecret: boolean,
): Exchange {
  const { place, method, status, userAgent, timing } = answered;
  const { endpoint, credential } = place;
  const { path, query, outcome } = facts;
  const sentences = sentencesOf(facts, false);
  const [sent, answer] = [keptRequest(answered, names), keptResponse(answered, names, isPathSecret)];
  const { urlCharacters } = keptLimitsOf(answered);
  return {
    id: answered.id,
    endpoint: endpoint?.key,
    method,
    path: cut(path, urlCharacters),
    query: query === "" ? "" : cut(redactQuery(query, names), urlCharacters),
    status,
    durationUs: microseconds(answered.durationMs),
    split: {
      queueUs: microseconds(timing.queueMs),
      databaseUs: microseconds(timing.databaseMs),
      durableUs: microseconds(answered.durableMs),
    },
    clientAddress: answered.clientAddress,
    userAgent: cut(redactUrlsIn(redactText(userAgent ?? "", names)), urlCharacters),
    requestId: redactText(answered.requestId, names),
    request: sent.message,
    response: answer.message,
    credential: credential?.label,
    dialect: facts.actor.dialect,
    severity: highest([...sentences, ...findings]),
    isProbe: purposeOf(facts) === "test",
    sentences: sentences.map((sentence) => ({
      kind: sentence.kind,
      text: redactText(english(sentence), names),
    })),
    findings: findings.map((finding) => withoutSecrets(finding, names)),
    resources: resourcesOf(outcome, isPathSecret ? names : undefined),
    details: {
      ...details(facts, sentences, findings, answeredRevision(answered.happened), sender.evidence, sent, answer, names),
      ...unusualPath(answered, path, isPathSecret),
    },
  };
}

/** The path as sent, if it differs from base URL plus recorded path: too many slashes, or a whole URL. */
function unusualPath({ place, url }: Answered, path: string, isPathSecret: boolean): JsonObject {
  const sentPath = sentPathOf(url);
  const isUsual =
    sentPath === path || sentPath === place.basePath + path || (path === "/" && sentPath === place.basePath);
  return isUsual || isPathSecret ? {} : { sentPath: cut(sentPath, USUAL_LIMITS.urlCharacters) };
}

function cut(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters)}…`;
}

function microseconds(ms: number): number {
  return Math.round(ms * 1_000);
}

/** How secrets are recognised in exchanges with an endpoint, or without one. */
export type SecretNamesOf = (endpoint: ServedEndpoint | undefined) => SecretNames;

/** What an exchange is made from, besides the answered request. */
type ExchangeParts = {
  readonly actors: Actors;
  readonly store: Store;
  readonly secretNamesOf: SecretNamesOf;
  /** undefined: no findings. */
  readonly memory: Memory | undefined;
};

/**
 * Attributes that the schemas never return (RFC 7643 §7), or that the settings name, are secrets too.
 * @param known secrets of this server
 */
export function secretNamesByEndpoint(known: readonly string[]): SecretNamesOf {
  const common = secretNames([], known);
  const byEndpoint = new WeakMap<ServedEndpoint, SecretNames>();
  return (endpoint) => {
    if (endpoint === undefined) return common;
    const found = byEndpoint.get(endpoint);
    if (found !== undefined) return found;
    const neverReturned = endpoint.models.flatMap((model) => model.neverReturned.map(({ name }) => name));
    const own = [...neverReturned, ...endpoint.settings.secretAttributes];
    const names = own.every((name) => common.isSecret(name)) ? common : secretNames(own, known);
    byEndpoint.set(endpoint, names);
    return names;
  };
}

/** Findings also repeat what was sent. */
function withoutSecrets({ sentence, reason, remedies, ...finding }: Finding, names: SecretNames): Finding {
  const redacted = (text: string) => redactText(text, names);
  return {
    ...finding,
    sentence: redacted(sentence),
    reason: redacted(reason),
    remedies: remedies.map((remedy) => ({ ...remedy, text: redacted(remedy.text) })),
  };
}

function highest(sentences: readonly { readonly severity: Severity }[]): Severity {
  let most = 0;
  for (const { severity } of sentences) most = Math.max(most, SEVERITIES.indexOf(severity));
  return SEVERITIES[most] ?? "info";
}

/**
 * Every resource that an exchange read or wrote, its subject first.
 * @param names undefined if nothing in the path is secret: then neither is the ID, which is taken from there
 */
function resourcesOf(outcome: Outcome, names: SecretNames | undefined): Reference[] {
  switch (outcome.kind) {
    case "written":
      return writtenResources(outcome).slice(0, MAX_RESOURCES);
    case "read": {
      const { type, id, label, former, elsewhere } = outcome;
      if (elsewhere !== undefined) return [elsewhere];
      return [{ type, id: names === undefined ? id : redactText(id, names), label: label ?? former?.label ?? "" }];
    }
    case "searched":
      return outcome.only === undefined ? [] : [outcome.only];
    case "bulk":
      return outcome.operations
        .flatMap(({ outcome: part }) => (part.kind === "written" ? writtenResources(part) : []))
        .slice(0, MAX_RESOURCES);
    case "refused": {
      const { attempted, conflict, elsewhere } = outcome;
      if (elsewhere !== undefined) return [elsewhere];
      const { type, id, name } = attempted;
      const isOne = type !== undefined && id !== undefined;
      const own = isOne ? [{ type, id: names === undefined ? id : redactText(id, names), label: name ?? "" }] : [];
      const holder = conflict?.holder;
      return holder === undefined ? own : [...own, { type: holder.type, id: holder.id, label: holder.label }];
    }
    default:
      return [];
  }
}

function writtenResources({ resource, changes }: Written): Reference[] {
  const members = changes.flatMap((change) =>
    change.kind === "collection" ? [...change.added, ...change.removed].slice(0, MAX_RESOURCES) : [],
  );
  return [
    resource,
    ...members.map(({ value, type, display }) => ({ type: text(type), id: text(value), label: text(display) })),
  ];
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

const NO_REFUSAL = { failed: undefined, reason: undefined };

/** The parts that are only displayed. */
function details(
  facts: ExchangeFacts,
  sentences: readonly Sentence[],
  findings: readonly Finding[],
  revision: number | undefined,
  evidence: readonly { readonly text: string }[],
  sent: KeptMessage,
  answer: KeptMessage,
  names: SecretNames,
): JsonObject {
  const { outcome } = facts;
  const notes = outcome.kind === "written" ? outcome.notes : [];
  const { failed, reason } = outcome.kind === "refused" ? outcome : NO_REFUSAL;
  const diagnosis = diagnose(facts);
  const coveredBy = explanationIn(findings);
  // The history has those of a resource.
  const changes = outcome.kind === "administered" ? sentences.flatMap(({ attributes }) => attributes) : [];
  // They repeat what was sent.
  const plain = (data: unknown) => redactJson(data as Json, names);
  return {
    ...(revision !== undefined && { revision }),
    // The key by which equal reads are folded.
    ...(facts.method !== "GET" && evidence.length > 0 && { evidence: evidence.map((each) => each.text) }),
    ...(changes.length > 0 && { changes: plain(changes) }),
    ...(notes.length > 0 && { notes: plain(notes.map((note) => withoutSecret(note, names))) }),
    ...(reason !== undefined && { reason: plain(reason) }),
    ...(failed !== undefined && { authentication: plain(failed) }),
    ...(diagnosis !== undefined && {
      diagnosis: plain({ ...diagnosis, ...(coveredBy !== undefined && { coveredBy }) }),
    }),
    ...(sent.note !== undefined && { requestNote: sent.note }),
    ...(answer.note !== undefined && { responseNote: answer.note }),
  };
}

/** A note; without what it repeats, if it is about a secret. */
function withoutSecret(note: Note, names: SecretNames): Note {
  const isHarmless = names.isPlain(note.where) || !names.isSecret(note.where);
  return isHarmless ? note : { ...note, detail: withoutQuoted(note.detail) };
}

/** The version in the response, if the response is not stored because the history has it. */
function answeredRevision(happened: Happened): number | undefined {
  if (happened.kind === "read") return happened.stored.revision;
  return happened.kind === "searched" && happened.only !== undefined ? revisionOf(happened.only.stored) : undefined;
}
