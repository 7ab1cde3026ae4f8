import type { TestContext } from "node:test";
import type { Exchange, ExchangeSummary } from "../../store/exchange.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store } from "../../store/store.ts";
import { databasePlace } from "../../testing/database.ts";
import type { Answered } from "../recorder/answered.ts";
import { openRecorder } from "../recorder/recorder.ts";

/** A credential that requests are let in by. */
const CREDENTIAL = { identity: "token 1", label: "Entra ID" };

/** A request that led nowhere, told from others by its number. */
export function answered(id: number, number: number, more: Partial<Answered> = {}): Answered {
  return {
    id,
    atMs: Date.now(),
    place: { endpoint: undefined, basePath: "", credential: CREDENTIAL, failed: undefined, isManual: false },
    method: "GET",
    url: `/${number}`,
    status: 404,
    durationMs: 1,
    timing: { queueMs: 0, databaseMs: 0 },
    durableMs: 0,
    clientAddress: "127.0.0.1",
    requestId: "",
    userAgent: undefined,
    requestHeaders: [],
    requestBody: undefined,
    requestJson: undefined,
    responseHeaders: {},
    responseBody: "",
    responseBytes: 0,
    recognition: undefined,
    happened: { kind: "refused", error: { status: 404, message: "There is nothing here." } },
    ...more,
  };
}

/** A recorder with a database whose recording a test may hold up. */
export async function startRecorder(t: TestContext) {
  const place = databasePlace();
  const store = openSqliteStore(place.file);
  const log: string[] = [];
  /** How many exchanges each transaction was to write. */
  const batches: number[] = [];
  const database = {
    /** Throws in place of the database. */
    refuse: undefined as ((exchanges: readonly Exchange[]) => void) | undefined,
    hasRoom: true,
  };
  const watched: Store = {
    ...store,
    monitor: {
      ...store.monitor,
      exchanges: {
        ...store.monitor.exchanges,
        record: async (transaction, exchanges) => {
          batches.push(exchanges.length);
          database.refuse?.(exchanges);
          await store.monitor.exchanges.record(transaction, exchanges);
        },
      },
    },
  };
  const recorder = await openRecorder({
    knownSecrets: [],
    store: watched,
    recording: "on",
    hasRoom: () => database.hasRoom,
    log: (_level, line) => log.push(line),
  });
  t.after(async () => {
    recorder.abandon();
    await store.close();
    place.remove();
  });
  const record = (number: number, more: Partial<Answered> = {}) => {
    const whole = answered(recorder.nextId(Date.now()), number, more);
    recorder.record(whole, () => whole);
  };
  return {
    recorder,
    store,
    log,
    batches,
    database,
    record,
    /** Records those with these numbers. */
    recordAll: (first: number, count: number) => {
      for (let number = first; number < first + count; number++) record(number);
    },
    /** Numbers of what is in the database, in the order of recording. */
    numbers: async () => (await allSummaries(store)).map(({ path }) => Number(path.slice(1))),
    summaries: () => allSummaries(store),
  };
}

/** All exchanges, in the order of recording. */
export async function allSummaries(store: Store): Promise<ExchangeSummary[]> {
  const summaries: ExchangeSummary[] = [];
  for (let position = 0; ; position = summaries.at(-1)?.position ?? 0) {
    const some = await store.monitor.exchanges.since(store.committed, {}, position, 1_000);
    if (some.length === 0) return summaries;
    summaries.push(...some);
  }
}
