/** What a command cannot go on without. The message says what to do. */
export class CommandRefused extends Error {
  override readonly name = "CommandRefused";
}

/** As a shell reports the end by SIGINT. */
export const INTERRUPTED_EXIT_CODE = 130;

/**
 * Runs a command. When it fails, prints one line on standard error and sets the exit code.
 * @param name as it is typed: `scimtool restore`
 * @param work is given a signal that SIGINT raises
 */
export async function runCommand(name: string, work: (interruption: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const interrupt = () => controller.abort();
  process.once("SIGINT", interrupt);
  try {
    await work(controller.signal);
  } catch (error) {
    const isInterrupted = controller.signal.aborted;
    process.exitCode = isInterrupted ? INTERRUPTED_EXIT_CODE : 1;
    console.error(`${name}: ${isInterrupted ? "interrupted." : oneLine((error as Error).message)}`);
  } finally {
    process.off("SIGINT", interrupt);
  }
}

function oneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, " ");
}
