import { isRejected } from "../../store/exchange.ts";
import type { Answered } from "./answered.ts";

/** How much of an exchange is kept at most. */
export type KeptLimits = {
  /** Headers of the request. */
  readonly headers: number;
  /** Characters of each header's value. */
  readonly headerCharacters: number;
  /** Bytes of each body, before compression. */
  readonly bodyBytes: number;
  /** Characters of the path, of the query, and of what the client calls itself. */
  readonly urlCharacters: number;
};

export const USUAL_LIMITS: KeptLimits = {
  headers: 100,
  headerCharacters: 2_000,
  bodyBytes: 64 * 1_024,
  urlCharacters: 8_000,
};

/** Enough to see who that may be and what failed: more would be room that anybody can fill. */
const REJECTED_LIMITS: KeptLimits = { headers: 16, headerCharacters: 300, bodyBytes: 2 * 1_024, urlCharacters: 1_000 };

export function keptLimitsOf({ place, status }: Answered): KeptLimits {
  return isRejected({ credential: place.credential, status }) ? REJECTED_LIMITS : USUAL_LIMITS;
}
