import { mergeRecognitions, type Recognition, recogniseDialect } from "../dialect/recognise.ts";
import type { SentRequest } from "../dialect/request.ts";

/** Credentials of which it is remembered who uses them, and ways of asking without a body. */
const MAX_REMEMBERED = 1_000;

/** Ids in a path, and what is in quotes in a filter, tell nothing of who asks. */
const IDS = /\/[^/]{20,}/g;
const VALUES = /(?:%22|")(?:(?!%22)[^"&])*(?:%22|")/g;

/** Remembers who uses a credential: one request tells little, several tell more. */
export class Actors {
  readonly #byCredential = new Map<string, Recognition>();
  readonly #byManner = new Map<string, Recognition>();

  /**
   * Who sent a request, by all that was seen of its credential so far.
   * @param credential which one; undefined where the request was let in by none: then it stands for itself
   */
  whoSent(request: SentRequest, credential: string | undefined): Recognition {
    return this.#learn(credential, this.#recognise(request));
  }

  /** Who uses a credential, by all that was seen so far; undefined where nothing was. */
  whoUses(credential: string): Recognition | undefined {
    return this.#byCredential.get(credential);
  }

  #recognise(request: SentRequest): Recognition {
    const { method, path, query, userAgent, body } = request;
    if (body !== undefined) return recogniseDialect(request);
    // Reads come by the thousand, all alike.
    const asked = query?.replaceAll(VALUES, "");
    const manner = `${method} ${path.replaceAll(IDS, "")} ${asked} ${userAgent}`;
    return remembered(this.#byManner, manner, () => recogniseDialect(request));
  }

  #learn(credential: string | undefined, recognition: Recognition): Recognition {
    if (credential === undefined) return recognition;
    const known = this.#byCredential.get(credential);
    if (known === undefined) return remembered(this.#byCredential, credential, () => recognition);
    if (recognition.evidence.every(({ text }) => known.evidence.some((each) => each.text === text))) return known;
    const merged = mergeRecognitions([known, recognition]);
    this.#byCredential.set(credential, merged);
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
