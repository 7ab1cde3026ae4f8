import { createInterface } from "node:readline/promises";
import { CommandRefused } from "./command.ts";

/** Where a person is asked; what is not a terminal has nobody to ask. */
export type Terminal = {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
};

const STANDARD: Terminal = { input: process.stdin, output: process.stderr };

/**
 * Goes on only when the name was said once more: by option, or on a terminal.
 * @param warning what is going to happen
 * @throws CommandRefused when it was not
 */
export async function confirmName(
  name: string,
  confirmed: string | undefined,
  warning: string,
  interruption: AbortSignal,
  { input, output }: Terminal = STANDARD,
): Promise<void> {
  const typed = confirmed ?? (input.isTTY === true ? await ask(`${warning}\nType its name to go on: `) : undefined);
  if (typed === name) return;
  if (typed === undefined) throw new CommandRefused(`${warning} To go on, add --confirm ${name}`);
  throw new CommandRefused(`"${typed}" is not "${name}". Nothing was removed.`);

  async function ask(question: string): Promise<string> {
    const lines = createInterface({ input, output });
    // A terminal that is read line by line makes no signal of Ctrl-C.
    lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
    try {
      return (await lines.question(question, { signal: interruption })).trim();
    } catch (error) {
      output.write("\n");
      if (interruption.aborted) throw error;
      // Ctrl-D: there is no answer.
      return "";
    } finally {
      lines.close();
    }
  }
}
