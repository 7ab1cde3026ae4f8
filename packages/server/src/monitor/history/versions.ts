import { yieldToEventLoop } from "../../event-loop.ts";
import type { KeptHistoryEntry } from "../../store/monitor.ts";
import type { Key, Store } from "../../store/store.ts";

/** Read before others have their turn. */
const VERSIONS_AT_ONCE = 200;

/** Every version of a resource, the newest first. What is written meanwhile is not among them. */
export async function* allVersions(store: Store, endpoint: Key, id: string): AsyncGenerator<KeptHistoryEntry> {
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const page = { before, limit: VERSIONS_AT_ONCE };
    const { entries, next } = await store.monitor.history.versions(store.committed, endpoint, id, page);
    yield* entries;
    if (next === undefined) return;
    before = next;
    await yieldToEventLoop();
  }
}
