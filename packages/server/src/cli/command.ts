import { onSignals, SIGNAL_EXIT_CODES } from "./signals.ts";

/** What a command cannot go on without. The message says what to do. */
export class CommandRefused extends Error {
  override readonly name = "CommandRefused";
}

/**
 * Runs a command. When it fails, prints one line on standard error and sets the exit code.
 * @param name as it is typed: `scimtool restore`
 * @param work is given a signal that SIGINT raises
 */
export async function runCommand(name: string, work: (interruption: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const forgetSignals = onSignals(["SIGINT"], () => {
    if (controller.signal.aborted) process.exit(SIGNAL_EXIT_CODES.SIGINT);
    controller.abort();
  });
  try {
    await work(controller.signal);
  } catch (error) {
    const isInterrupted = controller.signal.aborted;
    process.exitCode = isInterrupted ? SIGNAL_EXIT_CODES.SIGINT : 1;
    console.error(`${name}: ${isInterrupted ? "interrupted." : oneLine((error as Error).message)}`);
  } finally {
    forgetSignals();
  }
}

/** What others wrote may have lines of its own, and what a terminal obeys. */
export function oneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, " ").replace(/\p{Cc}/gu, "");
}
