/** @import { ExchangeSummary } from "../api/types.d.ts" */
import { backOff } from "../api/back-off.js";

/** A tab that nobody looks at gives its connection back after this: browsers have only six for a server. */
const HIDDEN_MS = 60_000;

/** @typedef {"connecting" | "live" | "lost"} LiveState */

/**
 * Follows what happens, from one position on, over lost connections.
 * @param {URLSearchParams} query which exchanges
 * @param {number} position what came before is known
 * @param {{
 *   readonly whenHappened: (exchange: ExchangeSummary) => void,
 *   readonly whenState: (state: LiveState) => void,
 *   readonly checkSession: () => Promise<void>,
 * }} listeners `checkSession` is called when the server refuses the connection
 * @returns {() => void} stops it
 */
export function follow(query, position, { whenHappened, whenState, checkSession }) {
  const ended = new AbortController();
  let last = position;
  const retry = backOff();
  /** @type {EventSource | undefined} */
  let source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let hiding;

  const open = () => {
    close();
    const asked = new URLSearchParams(query);
    asked.set("after", String(last));
    source = new EventSource(`/api/live?${asked}`);
    source.addEventListener("open", () => {
      retry.succeeded();
      whenState("live");
    });
    source.addEventListener("exchange", ({ data, lastEventId }) => {
      last = Math.max(last, Number(lastEventId) || last);
      whenHappened(JSON.parse(data));
    });
    source.addEventListener("error", () => {
      whenState("lost");
      // What was cut off the browser opens again by itself; what was refused it gives up.
      if (source?.readyState !== EventSource.CLOSED) return;
      retry.again(reopen);
    });
  };

  const reopen = () => {
    checkSession().then(
      () => {
        if (!ended.signal.aborted) open();
      },
      () => {
        if (!ended.signal.aborted) retry.again(reopen);
      },
    );
  };

  const close = () => {
    clearTimeout(hiding);
    retry.stop();
    source?.close();
    source = undefined;
  };

  const { signal } = ended;
  document.addEventListener(
    "visibilitychange",
    () => {
      if (document.hidden) hiding = setTimeout(close, HIDDEN_MS);
      else if (source === undefined || source.readyState === EventSource.CLOSED) open();
      else clearTimeout(hiding);
    },
    { signal },
  );
  addEventListener("online", open, { signal });
  whenState("connecting");
  open();
  return () => {
    ended.abort();
    close();
  };
}
