import { reportOutage } from "../api/outage.ts";
import { NO_ANSWER } from "../api/problem.ts";
import type { ExchangeSummary } from "../api/types.ts";

/** A hidden tab gives its connection back after this time: browsers allow six for each server. */
const HIDDEN_MS = 60_000;

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;

export type LiveState = "connecting" | "live" | "lost";

export type LiveListeners = {
  readonly onExchange: (exchange: ExchangeSummary) => void;
  readonly onState: (state: LiveState) => void;
  /** Called when the server refuses the stream; throws while it still does. */
  readonly checkSession: () => Promise<void>;
};

/**
 * Follows the event stream over lost connections and restarts of the server.
 * @param position exchanges up to here are known
 * @returns stops it
 */
export function follow(query: URLSearchParams, position: number, listeners: LiveListeners): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  let last = position;
  let waitMs = FIRST_RETRY_MS;
  let source: EventSource | undefined;
  let hiding: ReturnType<typeof setTimeout> | undefined;
  let retrying: ReturnType<typeof setTimeout> | undefined;

  const close = () => {
    clearTimeout(hiding);
    clearTimeout(retrying);
    source?.close();
    source = undefined;
  };

  const open = () => {
    close();
    const asked = new URLSearchParams(query);
    asked.set("after", String(last));
    source = new EventSource(`/api/live?${asked}`);
    source.addEventListener("open", () => {
      waitMs = FIRST_RETRY_MS;
      listeners.onState("live");
    });
    source.addEventListener("exchange", ({ data, lastEventId }) => {
      last = Math.max(last, Number(lastEventId) || last);
      listeners.onExchange(JSON.parse(data) as ExchangeSummary);
    });
    source.addEventListener("error", () => {
      listeners.onState("lost");
      // The browser opens an interrupted stream again; a refused one it gives up.
      if (source?.readyState === EventSource.CLOSED) retryLater();
      else reportOutage(NO_ANSWER);
    });
  };

  const retryLater = () => {
    clearTimeout(retrying);
    retrying = setTimeout(reopen, waitMs);
    waitMs = Math.min(LONGEST_RETRY_MS, waitMs * 2);
  };

  const reopen = async () => {
    try {
      await listeners.checkSession();
      if (!signal.aborted) open();
    } catch {
      if (!signal.aborted) retryLater();
    }
  };

  const onVisibility = () => {
    if (document.hidden) hiding = setTimeout(close, HIDDEN_MS);
    else if (source === undefined || source.readyState === EventSource.CLOSED) open();
    else clearTimeout(hiding);
  };

  document.addEventListener("visibilitychange", onVisibility, { signal });
  addEventListener("online", open, { signal });
  listeners.onState("connecting");
  open();
  return () => {
    ended.abort();
    close();
  };
}
