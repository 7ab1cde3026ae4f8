/** npm passes a Ctrl-C on to a process that has had it from the terminal already. */
const ECHO_MS = 500;

/** As a shell reports the end by a signal. */
export const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export type EndingSignal = keyof typeof SIGNAL_EXIT_CODES;

/**
 * Calls for each signal that asks the process to end, but not twice for one.
 * @returns stops that
 */
export function onSignals(names: readonly EndingSignal[], call: (name: EndingSignal) => void): () => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  const receive = (name: NodeJS.Signals) => {
    const nowMs = performance.now();
    if (nowMs - lastMs < ECHO_MS) return;
    lastMs = nowMs;
    call(name as EndingSignal);
  };
  for (const name of names) process.on(name, receive);
  return () => {
    for (const name of names) process.off(name, receive);
  };
}
