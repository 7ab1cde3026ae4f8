import { mergeRecognitions, type Recognition, recogniseDialect } from "../dialect/recognise.ts";
import type { SentRequest } from "../dialect/signs.ts";
import { carriesFlag } from "../dialect/signs.ts";

/** Clients that are remembered, and as many kinds of requests without a body. */
const MAX_REMEMBERED = 1_000;

/** Clients are distinguished by so many characters of their User-Agent. */
const MAX_USER_AGENT_CHARACTERS = 200;

/** Longer requests are not remembered. */
const MAX_MANNER_CHARACTERS = 1_000;

/** IDs in a path and values in a filter say nothing about the client. */
const IDS = /\/[^/]{20,}/g;
const VALUES = /(?:%22|")(?:(?!%22)[^"&])*(?:%22|")/g;

/**
 * Distinguishes clients that share a credential. Entra ID sends no User-Agent; others send theirs with every request.
 * Entra ID has the flag in all URLs or in none, and an administrator may remove it.
 * @param url as sent, or its query alone
 */
export function clientOf(credential: string, userAgent: string | undefined, url: string | undefined): string {
  const flag = url !== undefined && carriesFlag(url) ? " with the flag" : "";
  return `${credential}${flag} ${userAgent?.slice(0, MAX_USER_AGENT_CHARACTERS) ?? ""}`;
}

/** Remembers who a client is, because several requests say more than one. */
export class Actors {
  readonly #byClient = new Map<string, Recognition>();
  readonly #byManner = new Map<string, Recognition>();

  /**
   * Who sent a request, judged by all requests of its client so far.
   * @param credential undefined without a valid one: then the request is judged alone
   */
  whoSent(request: SentRequest, credential: string | undefined): Recognition {
    const recognition = this.#recognise(request);
    if (credential === undefined) return recognition;
    return this.#learn(clientOf(credential, request.userAgent, request.query), recognition);
  }

  /** Who a client is, judged by its requests so far; undefined if there were none. */
  whoIs(client: string): Recognition | undefined {
    return this.#byClient.get(client);
  }

  #recognise(request: SentRequest): Recognition {
    const { method, path, query, userAgent, body } = request;
    if (body !== undefined) return recogniseDialect(request);
    // There are thousands of equal reads.
    const asked = query?.replaceAll(VALUES, "");
    const manner = `${method} ${path.replaceAll(IDS, "")} ${asked} ${userAgent}`;
    if (manner.length > MAX_MANNER_CHARACTERS) return recogniseDialect(request);
    return remembered(this.#byManner, manner, () => recogniseDialect(request));
  }

  #learn(client: string, recognition: Recognition): Recognition {
    const known = this.#byClient.get(client);
    if (known === undefined) return remembered(this.#byClient, client, () => recognition);
    if (recognition.evidence.every(({ text }) => known.evidence.some((each) => each.text === text))) return known;
    const merged = mergeRecognitions([known, recognition]);
    this.#byClient.set(client, merged);
    return merged;
  }
}

function remembered<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  if (map.size >= MAX_REMEMBERED) map.delete(map.keys().next().value as string);
  map.set(key, made);
  return made;
}
