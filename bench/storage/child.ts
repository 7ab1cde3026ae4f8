import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { killAtExit } from "../command.ts";
import type { WriterEvent, WriterTask } from "./writer.ts";

const readyTimeoutMs = 30_000;
/** In addition to the load: the last responses, and a clean end. */
const endTimeoutMs = 20_000;
const writerEntry = fileURLToPath(new URL("./writer.ts", import.meta.url));

export type Listeners = {
  readonly onKey?: (user: number) => void;
  readonly onNote?: (text: string) => void;
  readonly onCopy?: (file: string, milliseconds: number) => void;
};

export type Writer = {
  /** Rejects if the program ends before, or takes too long. */
  readonly ready: Promise<void>;
  /** Its result; undefined if it ended without one. All its output has been read then. */
  readonly ended: Promise<Extract<WriterEvent, { event: "result" }> | undefined>;
  /** SIGKILL: no handler runs, nothing is flushed. */
  readonly kill: () => void;
};

export function startWriter(task: WriterTask, { onKey, onNote, onCopy }: Listeners = {}): Writer {
  const child = spawn(process.execPath, [writerEntry, JSON.stringify(task)], { stdio: ["ignore", "pipe", "pipe"] });
  killAtExit(child);
  const kill = () => void child.kill("SIGKILL");
  const ready = Promise.withResolvers<void>();
  let result: Extract<WriterEvent, { event: "result" }> | undefined;
  let complaints = "";

  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-2000);
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (!line.startsWith("{")) return onKey?.(Number(line));
    const event = JSON.parse(line) as WriterEvent;
    if (event.event === "ready") ready.resolve();
    else if (event.event === "note") onNote?.(event.text);
    else if (event.event === "copied") onCopy?.(event.file, event.milliseconds);
    else result = event;
  });

  const overdue = setTimeout(kill, readyTimeoutMs + task.seconds * 1000 + endTimeoutMs);
  const slowStart = setTimeout(() => {
    ready.reject(new Error(`Not ready within ${readyTimeoutMs / 1000} s. ${complaints.trim()}`));
    kill();
  }, readyTimeoutMs);
  const ended = once(child, "close").then(() => {
    clearTimeout(overdue);
    clearTimeout(slowStart);
    ready.reject(new Error(whyItEnded(complaints)));
    return result;
  });
  ready.promise.then(
    () => clearTimeout(slowStart),
    () => {},
  );
  return { ready: ready.promise, ended, kill };
}

function whyItEnded(complaints: string): string {
  const message = /^\w*Error.*: .*$/m.exec(complaints)?.[0];
  return message ?? (complaints.trim() || "It ended without a word.");
}
