/** How soon a server ends after the npm that runs it. */
const INTERVAL_MS = 1_000;

/**
 * Calls when the process that started this one has gone, where that is the shell of `npm start`: npm passes SIGTERM on
 * to the shell, which ends without passing it on. Any other parent may go: a server put into the background stays.
 */
export function whenNpmEnds(call: () => void): void {
  if (process.env["npm_lifecycle_event"] !== "start") return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    call();
  }, INTERVAL_MS);
  timer.unref();
}
