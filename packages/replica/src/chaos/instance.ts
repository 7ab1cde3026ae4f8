import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Role } from "../status.ts";
import type { Orders, Report } from "./reports.ts";

const PROGRAM = fileURLToPath(new URL("./instance-process.ts", import.meta.url));

/** How many of the last log lines are kept to explain a failure. */
const KEPT_LINES = 400;

/** A condition may become true without a message from this instance. */
const LOOK_MS = 200;

/** A time in which a process was stopped, ms since 1970. */
export type Pause = { readonly fromMs: number; readonly toMs: number };

/** An instance in a process of its own, and its reports so far. */
export class Instance {
  readonly orders: Orders;
  readonly acknowledged: Extract<Report, { kind: "acknowledged" }>[] = [];
  readonly trying: Extract<Report, { kind: "trying" }>[] = [];
  readonly roles: Extract<Report, { kind: "role" }>[] = [];
  readonly faults = new Map<string, number>();
  readonly pauses: Pause[] = [];
  readonly lines: string[] = [];
  content: Extract<Report, { kind: "content" }> | undefined;
  failure: Extract<Report, { kind: "failed" }> | undefined;
  notDurable = 0;
  refused = 0;
  /** ms since 1970, set when the process has ended. */
  endedMs: number | undefined;
  /** Ended by us without warning. */
  killed = false;
  exitCode: number | null | undefined;
  #frozenMs: number | undefined;
  readonly #process: ChildProcess;
  readonly #exit: Promise<unknown>;
  /** All that the process wrote has been read. */
  readonly #read: Promise<unknown>;
  #listeners: (() => void)[] = [];

  constructor(orders: Orders, env: NodeJS.ProcessEnv) {
    this.orders = orders;
    this.#process = spawn(process.execPath, [PROGRAM, JSON.stringify(orders)], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, ...env },
    });
    const { stdout, stderr } = this.#process;
    if (stdout === null || stderr === null) throw new Error("The instance has no output.");
    const lines = createInterface({ input: stdout });
    lines.on("line", (line) => this.#take(line));
    createInterface({ input: stderr }).on("line", (line) => this.#note(`stderr ${line}`));
    this.#read = once(lines, "close");
    this.#exit = once(this.#process, "exit").then(([code, signal]) => {
      this.exitCode = code as number | null;
      // Told to stop before it could listen to that.
      if (signal === "SIGTERM") this.killed = true;
      this.endedMs ??= Date.now();
      this.#wake();
    });
    this.#process.on("error", (error) => this.#note(`error ${error.message}`));
  }

  get role(): Role | undefined {
    return this.roles.at(-1)?.role;
  }

  get hasEnded(): boolean {
    return this.exitCode !== undefined;
  }

  get isFrozen(): boolean {
    return this.#frozenMs !== undefined;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Becomes the primary if it can. */
  promote(): void {
    if (!this.hasEnded && this.#process.connected) this.#process.send("promote");
  }

  async kill(): Promise<void> {
    if (this.hasEnded) return;
    this.killed = true;
    this.endedMs ??= Date.now();
    this.#process.kill("SIGKILL");
    if (this.#frozenMs !== undefined) this.#pauseEnds();
    await this.ended();
  }

  /** Stops cleanly, or is killed when that takes too long. */
  async stop(withinMs: number): Promise<void> {
    if (this.hasEnded) return;
    this.thaw();
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => {
      this.killed = true;
      this.#process.kill("SIGKILL");
    }, withinMs);
    await this.ended();
    clearTimeout(timer);
  }

  freeze(): void {
    if (this.hasEnded || this.#frozenMs !== undefined) return;
    this.#process.kill("SIGSTOP");
    this.#frozenMs = Date.now();
  }

  thaw(): void {
    if (this.#frozenMs === undefined) return;
    this.#pauseEnds();
    this.#process.kill("SIGCONT");
  }

  async ended(): Promise<void> {
    await Promise.all([this.#exit, this.#read]);
  }

  /** @returns whether it became true in time and before the process ended */
  async until(condition: () => boolean, limitMs: number): Promise<boolean> {
    const deadline = performance.now() + limitMs;
    while (!condition()) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || this.hasEnded) return condition();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(leftMs, LOOK_MS));
        this.#listeners.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return true;
  }

  #pauseEnds(): void {
    if (this.#frozenMs !== undefined) this.pauses.push({ fromMs: this.#frozenMs, toMs: Date.now() });
    this.#frozenMs = undefined;
  }

  #take(line: string): void {
    let report: Report;
    try {
      report = JSON.parse(line) as Report;
    } catch {
      // Killed in the middle of a line.
      this.#note(line);
      return;
    }
    if (report.kind === "acknowledged") this.acknowledged.push(report);
    else if (report.kind === "trying") this.trying.push(report);
    else if (report.kind === "fault") this.faults.set(report.fault, (this.faults.get(report.fault) ?? 0) + 1);
    else if (report.kind === "not-durable") this.notDurable += report.count;
    else if (report.kind === "refused") this.refused++;
    else if (report.kind === "role") this.roles.push(report);
    else if (report.kind === "content") this.content = report;
    else if (report.kind === "failed") this.failure = report;
    else if (report.kind === "frozen") this.#frozenMs = Date.now();
    if (["role", "failed", "log", "frozen", "content"].includes(report.kind)) this.#note(line);
    this.#wake();
  }

  #note(line: string): void {
    this.lines.push(`${new Date().toISOString()} ${line}`);
    if (this.lines.length > KEPT_LINES) this.lines.splice(0, KEPT_LINES / 4);
  }

  #wake(): void {
    for (const listener of this.#listeners.splice(0)) listener();
  }
}
