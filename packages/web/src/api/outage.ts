/** How long until the server is asked again: longer with each attempt. */
const FIRST_MS = 1_000;
const LONGEST_MS = 10_000;

let reason: string | undefined;
let waitMs = FIRST_MS;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();
let recovered: () => void = () => undefined;

/** The reason why the server cannot answer now, shown once at the top of the page; undefined while it answers. */
export function currentOutage(): string | undefined {
  return reason;
}

export function subscribeOutage(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** @param listener called when the server answers again */
export function whenRecovered(listener: () => void): void {
  recovered = listener;
}

/** A request had no answer, or one that says to try again later. */
export function reportOutage(text: string): void {
  const isSame = reason === text;
  reason = text;
  timer ??= setTimeout(probe, waitMs);
  if (!isSame) for (const listener of listeners) listener();
}

/** The server answered a request. */
export function reportAnswer(): void {
  if (reason === undefined) return;
  clearTimeout(timer);
  timer = undefined;
  reason = undefined;
  waitMs = FIRST_MS;
  for (const listener of listeners) listener();
  recovered();
}

/** Asks now instead of waiting for the next attempt. */
export function retryNow(): void {
  clearTimeout(timer);
  void probe();
}

/** Proxies and sign-in pages of networks answer with HTML, the server never does. */
export function isMarkup(answer: Response): boolean {
  return answer.headers.get("content-type")?.startsWith("text/html") ?? false;
}

async function probe(): Promise<void> {
  timer = undefined;
  waitMs = Math.min(LONGEST_MS, waitMs * 2);
  try {
    const answer = await fetch("/readyz", { cache: "no-store" });
    if (answer.ok && !isMarkup(answer)) return reportAnswer();
  } catch {
    // Still away.
  }
  if (reason !== undefined) timer ??= setTimeout(probe, waitMs);
}

addEventListener("online", () => {
  if (reason !== undefined) retryNow();
});
