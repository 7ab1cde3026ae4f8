import type { Exchange, ExchangeSummary } from "../../../exchange.ts";
import { type ExchangeForm, type FormedExchange, formFiller } from "../../../exchange-form.ts";

/** An exchange without its place and its bodies. */
export type Head = {
  readonly shown: Omit<ExchangeSummary, "position">;
  readonly requestHeaders: readonly string[];
  readonly requestBytes: number;
  readonly responseHeaders: readonly string[];
  readonly responseBytes: number;
};

/** What many exchanges have alike. In JSON without names: half as long, and written in half of the time. */
type Common = readonly [
  endpoint: number | null,
  method: string,
  status: number,
  clientAddress: string,
  userAgent: string,
  credential: string | null,
  dialect: string,
  severity: Exchange["severity"],
  isProbe: boolean,
  kinds: readonly string[],
  requestHeaders: readonly string[],
  responseHeaderNames: readonly string[],
];

/** What each has of its own. */
type Own = readonly [
  common: number,
  id: number,
  path: string,
  query: string,
  durationUs: number,
  queueUs: number,
  databaseUs: number,
  durableUs: number,
  requestId: string,
  sentences: readonly string[],
  resources: readonly string[],
  details: Exchange["details"],
  requestBytes: number,
  responseBytes: number,
  responseHeaderValues: readonly string[],
];

/** What exchanges of one form have alike: the model as it would be written, and its marks. */
type CommonForm = { readonly model: Own; readonly marks: ExchangeForm["marks"] };

/** What each of those has of its own. */
type FormedOwn = readonly [
  form: number,
  id: number,
  durationUs: number,
  queueUs: number,
  databaseUs: number,
  durableUs: number,
  requestId: string,
  responseBytes: number,
  ...values: string[],
];

/** So many are compared one by one, the newest first, before one is looked for by all that it is. */
const COMPARED = 8;

/** Numbers what exchanges of a frame have in common. */
export class Commons {
  readonly #newest: { readonly exchange: Exchange; readonly number: number }[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #ofForms = new Map<ExchangeForm, number>();
  #length = 0;

  /** Of {@link text}, about. */
  get length(): number {
    return this.#length;
  }

  /** All that there are, in the order of their numbers: a list in JSON. */
  text(): string {
    return `[${[...this.#numbers.keys()].join()}]`;
  }

  numberOf(exchange: Exchange): number {
    for (const { exchange: known, number } of this.#newest) if (haveInCommon(known, exchange)) return number;
    const number = this.#numberOfText(JSON.stringify(commonOf(exchange)));
    this.#newest.unshift({ exchange: withoutBodies(exchange), number });
    if (this.#newest.length > COMPARED) this.#newest.pop();
    return number;
  }

  numberOfForm(form: ExchangeForm): number {
    let number = this.#ofForms.get(form);
    if (number === undefined) {
      const common: CommonForm = { model: ownOf(form.model, this.numberOf(form.model)), marks: form.marks };
      number = this.#numberOfText(JSON.stringify(common));
      this.#ofForms.set(form, number);
    }
    return number;
  }

  #numberOfText(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(text, number);
    this.#length += text.length;
    return number;
  }
}

const NO_BODY = new Uint8Array();

function withoutBodies(exchange: Exchange): Exchange {
  const { request, response } = exchange;
  return { ...exchange, request: { ...request, body: NO_BODY }, response: { ...response, body: NO_BODY } };
}

function haveInCommon(one: Exchange, other: Exchange): boolean {
  return (
    one.endpoint === other.endpoint &&
    one.method === other.method &&
    one.status === other.status &&
    one.clientAddress === other.clientAddress &&
    one.userAgent === other.userAgent &&
    one.credential === other.credential &&
    one.dialect === other.dialect &&
    one.severity === other.severity &&
    one.isProbe === other.isProbe &&
    haveSameKinds(one.sentences, other.sentences) &&
    areEqual(one.request.headers, other.request.headers, 1) &&
    areEqual(one.response.headers, other.response.headers, 2)
  );
}

function haveSameKinds(some: Exchange["sentences"], others: Exchange["sentences"]): boolean {
  if (some.length !== others.length) return false;
  for (let at = 0; at < some.length; at++) if (some[at]?.kind !== others[at]?.kind) return false;
  return true;
}

/** @param step 1: all; 2: names, but not their values */
function areEqual(some: readonly string[], others: readonly string[], step: 1 | 2): boolean {
  if (some === others) return true;
  if (some.length !== others.length) return false;
  for (let at = 0; at < some.length; at += step) if (some[at] !== others[at]) return false;
  return true;
}

function commonOf({ request, response, ...exchange }: Exchange): Common {
  return [
    exchange.endpoint ?? null,
    exchange.method,
    exchange.status,
    exchange.clientAddress,
    exchange.userAgent,
    exchange.credential ?? null,
    exchange.dialect,
    exchange.severity,
    exchange.isProbe,
    exchange.sentences.map(({ kind }) => kind),
    request.headers,
    response.headers.filter((_, at) => at % 2 === 0),
  ];
}

/** @param common number of what it has in common with others */
export function ownText(exchange: Exchange, common: number): string {
  return JSON.stringify(ownOf(exchange, common));
}

/** @param form its number among what exchanges have in common */
export function ownTextOfFormed(exchange: FormedExchange, form: number): string {
  const { split } = exchange;
  const own: FormedOwn = [
    form,
    exchange.id,
    exchange.durationUs,
    split.queueUs,
    split.databaseUs,
    split.durableUs,
    exchange.requestId,
    exchange.responseBytes,
    ...exchange.values,
  ];
  return JSON.stringify(own);
}

function ownOf(exchange: Exchange, common: number): Own {
  const { split, request, response } = exchange;
  const sentences: string[] = [];
  for (const { text } of exchange.sentences) sentences.push(text);
  const resources: string[] = [];
  for (const { type, id, label } of exchange.resources) resources.push(type, id, label);
  const values: string[] = [];
  for (let at = 1; at < response.headers.length; at += 2) values.push(response.headers[at] ?? "");
  return [
    common,
    exchange.id,
    exchange.path,
    exchange.query,
    exchange.durationUs,
    split.queueUs,
    split.databaseUs,
    split.durableUs,
    exchange.requestId,
    sentences,
    resources,
    exchange.details,
    request.bodyBytes,
    response.bodyBytes,
    values,
  ];
}

/** Reads what {@link Commons} wrote. */
export function readCommons(text: string): ReadCommons {
  return (JSON.parse(text) as (Common | CommonForm)[]).map((common) =>
    "marks" in common ? formFiller(common.model, common.marks) : common,
  );
}

type ReadCommons = readonly (Common | FillIn)[];

type FillIn = (values: readonly string[]) => Own;

/** Reads what {@link ownText} or {@link ownTextOfFormed} wrote. */
export function readHead(text: string, commons: ReadCommons): Head {
  const own = JSON.parse(text) as Own | FormedOwn;
  const common = commons[own[0]];
  if (common === undefined) throw new Error("what exchanges have in common is missing");
  return typeof common === "function" ? formedHead(own as FormedOwn, common, commons) : headOf(own as Own, commons);
}

function formedHead(own: FormedOwn, fillIn: FillIn, commons: ReadCommons): Head {
  const [, id, durationUs, queueUs, databaseUs, durableUs, requestId, responseBytes, ...values] = own;
  const head = headOf(fillIn(values), commons);
  const split = { queueUs, databaseUs, durableUs };
  return { ...head, shown: { ...head.shown, id, durationUs, split, requestId }, responseBytes };
}

function headOf(own: Own, commons: ReadCommons): Head {
  const [number, id, path, query, durationUs, queueUs, databaseUs, durableUs, requestId, ...rest] = own;
  const [sentences, resources, details, requestBytes, responseBytes, values] = rest;
  const common = commons[number] as Common;
  const [endpoint, method, status, clientAddress, userAgent, credential, dialect, ...others] = common;
  const [severity, isProbe, kinds, requestHeaders, names] = others;
  return {
    shown: {
      id,
      endpoint: endpoint ?? undefined,
      method,
      path,
      query,
      status,
      durationUs,
      split: { queueUs, databaseUs, durableUs },
      clientAddress,
      userAgent,
      requestId,
      credential: credential ?? undefined,
      dialect,
      severity,
      isProbe,
      sentences: sentences.map((sentence, at) => ({ kind: kinds[at] ?? "", text: sentence })),
      resources: referencesOf(resources),
      details,
    },
    requestHeaders,
    requestBytes,
    responseHeaders: names.flatMap((name, at) => [name, values[at] ?? ""]),
    responseBytes,
  };
}

function referencesOf(flat: readonly string[]): Exchange["resources"] {
  return Array.from({ length: flat.length / 3 }, (_, at) => {
    const [type = "", id = "", label = ""] = flat.slice(3 * at, 3 * at + 3);
    return { type, id, label };
  });
}
