import { mergeRecognitions, type Recognition, recogniseDialect } from "../dialect/recognise.ts";
import type { SentRequest } from "../dialect/signs.ts";
import { carriesFlag } from "../dialect/signs.ts";

/** Clients of which it is remembered who they are, and ways of asking without a body. */
const MAX_REMEMBERED = 1_000;

/** Characters of a User-Agent by which clients are told apart. */
const MAX_USER_AGENT_CHARACTERS = 200;

/** Ids in a path, and what is in quotes in a filter, tell nothing of who asks. */
const IDS = /\/[^/]{20,}/g;
const VALUES = /(?:%22|")(?:(?!%22)[^"&])*(?:%22|")/g;

/**
 * Tells the clients that share a credential apart. Entra ID sends no User-Agent and others send theirs with every
 * request; the flag is in every URL of Entra's or in none, and may be taken away.
 * @param url as it came, or its query alone
 */
export function clientOf(credential: string, userAgent: string | undefined, url: string | undefined): string {
  const flag = url !== undefined && carriesFlag(url) ? " with the flag" : "";
  return `${credential}${flag} ${userAgent?.slice(0, MAX_USER_AGENT_CHARACTERS) ?? ""}`;
}

/** Remembers who a client is: one request tells little, several tell more. */
export class Actors {
  readonly #byClient = new Map<string, Recognition>();
  readonly #byManner = new Map<string, Recognition>();

  /**
   * Who sent a request, by all that was seen of its client so far.
   * @param credential which one; undefined without a valid one: the request is then judged alone
   */
  whoSent(request: SentRequest, credential: string | undefined): Recognition {
    const recognition = this.#recognise(request);
    if (credential === undefined) return recognition;
    return this.#learn(clientOf(credential, request.userAgent, request.query), recognition);
  }

  /** Who a client is, by all that was seen so far; undefined where nothing was. */
  whoIs(client: string): Recognition | undefined {
    return this.#byClient.get(client);
  }

  #recognise(request: SentRequest): Recognition {
    const { method, path, query, userAgent, body } = request;
    if (body !== undefined) return recogniseDialect(request);
    // Reads come by the thousand, all alike.
    const asked = query?.replaceAll(VALUES, "");
    const manner = `${method} ${path.replaceAll(IDS, "")} ${asked} ${userAgent}`;
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
