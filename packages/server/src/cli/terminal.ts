import { createInterface } from "node:readline/promises";
import { CommandError } from "./command.ts";
import { formatBytes } from "./text.ts";

/** Without a terminal, progress is one line per interval. */
const LINE_INTERVAL_MS = 3_000;

export type Progress = {
  readonly update: (done: number, total: number) => void;
  /** Removes the bar. Call it after success and after failure. */
  readonly end: () => void;
};

/**
 * Shows progress on standard error: a bar on a terminal, otherwise a line now and then.
 * @param format of the total
 */
export async function showProgress(label: string, format = formatBytes): Promise<Progress> {
  return process.stderr.isTTY ? showBar(label, format) : printLines(label, format);
}

async function showBar(label: string, format: (total: number) => string): Promise<Progress> {
  const { SingleBar, Presets } = (await import("cli-progress")).default;
  const line = `${label} [{bar}] {percentage} % of {size}, {eta} s left`;
  const bar = new SingleBar(
    { format: line, stream: process.stderr, clearOnComplete: true, fps: 10 },
    Presets.shades_classic,
  );
  let isStarted = false;
  return {
    update: (doneBytes, totalBytes) => {
      const size = format(totalBytes);
      if (!isStarted) bar.start(totalBytes, 0, { size });
      isStarted = true;
      bar.setTotal(totalBytes);
      bar.update(doneBytes, { size });
    },
    end: () => bar.stop(),
  };
}

function printLines(label: string, format: (total: number) => string): Progress {
  let nextMs = performance.now() + LINE_INTERVAL_MS;
  return {
    update: (doneBytes, totalBytes) => {
      if (performance.now() < nextMs) return;
      nextMs = performance.now() + LINE_INTERVAL_MS;
      const percent = totalBytes === 0 ? 100 : Math.floor((100 * doneBytes) / totalBytes);
      console.error(`${label}: ${percent} % of ${format(totalBytes)}`);
    },
    end: () => undefined,
  };
}

export type Terminal = {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
};

const STANDARD: Terminal = { input: process.stdin, output: process.stderr };

/**
 * Returns only if the name was confirmed: by the option, or typed on a terminal.
 * @param warning what is about to happen
 * @throws CommandError otherwise
 */
export async function confirmName(
  name: string,
  confirmed: string | undefined,
  warning: string,
  interruption: AbortSignal,
  terminal: Terminal = STANDARD,
): Promise<void> {
  const isTerminal = terminal.input.isTTY === true;
  const typed =
    confirmed ??
    (isTerminal ? await ask(`${warning}\nType its name to continue: `, interruption, terminal) : undefined);
  if (typed === name) return;
  if (typed === undefined) throw new CommandError(`${warning} To continue, add --confirm ${name}`);
  throw new CommandError(`"${typed}" is not "${name}". Nothing was removed.`);
}

/** Asks on a terminal. @returns the typed line; empty after Ctrl-D */
export async function ask(
  question: string,
  interruption: AbortSignal,
  { input, output }: Terminal = STANDARD,
): Promise<string> {
  const lines = createInterface({ input, output });
  // While readline reads a terminal, Ctrl-C sends no signal.
  lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    return (await lines.question(question, { signal: interruption })).trim();
  } catch (error) {
    output.write("\n");
    if (interruption.aborted) throw error;
    return "";
  } finally {
    lines.close();
  }
}
