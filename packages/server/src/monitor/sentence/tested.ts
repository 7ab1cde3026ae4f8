import type { Actor } from "../exchange-facts.ts";
import { text, value } from "../words/parts.ts";
import type { Sentence } from "../words/sentence.ts";
import { clockText, counted } from "../words/time-text.ts";
import { testedSentence } from "./asked.ts";

/** Connection tests of one client, which repeat for ever, folded into one. */
export type Tests = {
  readonly endpoint: string;
  /** As of the last one: who a client is may be known only after some time. */
  readonly actor: Actor;
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly lastMs: number;
};

/**
 * "Entra ID tested the connection (412 times since 08:00)".
 * @param timeZone of who reads it, IANA name
 * @throws RangeError for a time zone that there is not
 */
export function testsSentence({ actor, count, sinceMs, lastMs }: Tests, timeZone = "UTC"): Sentence {
  if (count === 1) return testedSentence(actor);
  const since = value(clockText(sinceMs, lastMs, timeZone), sinceMs);
  return testedSentence(actor, [text(" ("), value(counted(count, "time"), count), text(" since "), since, text(")")]);
}
