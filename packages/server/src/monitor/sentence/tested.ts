import type { Actor, Happening } from "../happening.ts";
import { purposeOf } from "../probe.ts";
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

/** Counts a connection test among those before it; what is none leaves them as they are. */
export function countTest(tests: Tests | undefined, happening: Happening): Tests | undefined {
  if (purposeOf(happening) !== "test") return tests;
  const { endpoint, actor, atMs } = happening;
  const { count = 0, sinceMs = atMs, lastMs = atMs } = tests ?? {};
  return {
    endpoint,
    actor,
    count: count + 1,
    sinceMs: Math.min(sinceMs, atMs),
    lastMs: Math.max(lastMs, atMs),
  };
}

/** The connection tests among some exchanges, one for each endpoint and credential, in the order of the first. */
export function foldTests(happenings: readonly Happening[]): Tests[] {
  const folded = new Map<string, Tests>();
  for (const happening of happenings) {
    const key = JSON.stringify([happening.endpoint, happening.actor.label]);
    const tests = countTest(folded.get(key), happening);
    if (tests !== undefined) folded.set(key, tests);
  }
  return [...folded.values()];
}

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
