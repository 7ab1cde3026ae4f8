import { type EndingSignal, onSignals, SIGNAL_EXIT_CODES } from "./signals.ts";

/** What a command cannot go on without. The message says what to do. */
export class CommandRefused extends Error {
  override readonly name = "CommandRefused";
}

/** What does not heed an interruption for so long, such as a target that hangs, is not waited for. */
const GRACE_MS = 5_000;

/**
 * Runs a command. When it fails, prints one line on standard error and sets the exit code.
 * @param name as it is typed: `scimtool restore`
 * @param work is given a signal that SIGINT and SIGTERM raise, so that nothing half done is left behind
 */
export async function runCommand(name: string, work: (interruption: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  let interruptedBy: EndingSignal | undefined;
  const forgetSignals = onSignals(["SIGINT", "SIGTERM"], (signal) => {
    if (interruptedBy !== undefined) process.exit(SIGNAL_EXIT_CODES[signal]);
    interruptedBy = signal;
    controller.abort();
    setTimeout(() => {
      console.error(`${name}: interrupted.`);
      process.exit(SIGNAL_EXIT_CODES[signal]);
    }, GRACE_MS).unref();
  });
  try {
    await work(controller.signal);
  } catch (error) {
    process.exitCode = interruptedBy === undefined ? 1 : SIGNAL_EXIT_CODES[interruptedBy];
    console.error(`${name}: ${interruptedBy === undefined ? oneLine((error as Error).message) : "interrupted."}`);
  } finally {
    forgetSignals();
  }
}

/** What others wrote may have lines of its own, and what a terminal obeys. */
export function oneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, " ").replace(/\p{Cc}/gu, "");
}
