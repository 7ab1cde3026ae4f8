import { formatBytes } from "./text.ts";

/** Where there is no terminal, a line so often. */
const LINE_INTERVAL_MS = 3_000;

export type Progress = {
  readonly update: (doneBytes: number, totalBytes: number) => void;
  /** Takes the bar away; to be called however it ended. */
  readonly end: () => void;
};

/** Shows on standard error how far something is: as a bar on a terminal, else as a line now and then. */
export async function showProgress(what: string): Promise<Progress> {
  return process.stderr.isTTY ? bar(what) : lines(what);
}

async function bar(what: string): Promise<Progress> {
  const { SingleBar, Presets } = (await import("cli-progress")).default;
  const format = `${what} [{bar}] {percentage} % of {size}, {eta} s left`;
  const shown = new SingleBar(
    { format, stream: process.stderr, clearOnComplete: true, fps: 10 },
    Presets.shades_classic,
  );
  let isBegun = false;
  return {
    update: (doneBytes, totalBytes) => {
      const size = formatBytes(totalBytes);
      if (!isBegun) shown.start(totalBytes, 0, { size });
      isBegun = true;
      shown.setTotal(totalBytes);
      shown.update(doneBytes, { size });
    },
    end: () => shown.stop(),
  };
}

function lines(what: string): Progress {
  let nextMs = performance.now() + LINE_INTERVAL_MS;
  return {
    update: (doneBytes, totalBytes) => {
      if (performance.now() < nextMs) return;
      nextMs = performance.now() + LINE_INTERVAL_MS;
      const percent = totalBytes === 0 ? 100 : Math.floor((100 * doneBytes) / totalBytes);
      console.error(`${what}: ${percent} % of ${formatBytes(totalBytes)}`);
    },
    end: () => undefined,
  };
}
