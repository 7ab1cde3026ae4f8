import { type MouseEvent, useSyncExternalStore } from "react";
import { agoText, clockTimeText, exactText } from "./time-text.ts";

/** How often relative times are computed again. */
const TICK_MS = 10_000;

let now = Date.now();
const listeners = new Set<() => void>();
setInterval(() => {
  if (document.hidden) return;
  now = Date.now();
  for (const listener of listeners) listener();
}, TICK_MS);

function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

function subscribe(listener: () => void): () => void {
  // The tick may be older than what is shown next.
  now = Math.max(now, Date.now() - (Date.now() % 1_000));
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Formatting is slow, and a table has many times: the exact one is made when somebody points at it. */
function showExact({ currentTarget }: MouseEvent<HTMLTimeElement>): void {
  currentTarget.title = exactText(new Date(currentTarget.dateTime));
}

type TimeProps = { readonly iso: string };

/** How long ago, kept up to date; the exact time and zone on hover. */
export function Ago({ iso }: TimeProps) {
  const text = agoText(new Date(iso), useNow());
  return (
    <time dateTime={iso} onMouseEnter={showExact}>
      {text}
    </time>
  );
}

/** The time of day, with the date if it was not today; exact on hover. */
export function ClockTime({ iso, hasMilliseconds }: TimeProps & { readonly hasMilliseconds?: boolean }) {
  const text = clockTimeText(new Date(iso), useNow(), hasMilliseconds);
  return (
    <time dateTime={iso} onMouseEnter={showExact}>
      {text}
    </time>
  );
}

export function ExactTime({ iso }: TimeProps) {
  return (
    <time dateTime={iso} title={iso}>
      {exactText(new Date(iso))}
    </time>
  );
}
