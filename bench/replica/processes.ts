import { fork } from "node:child_process";
import { killAtExit } from "../command.ts";
import type { ChildEvent, Result, Task, TaskName } from "./tasks/tasks.ts";

const overdueMs = 10 * 60_000;

export type Child<Name extends TaskName> = {
  /** Resolves when the child reports it, if its task does. */
  readonly ready: Promise<void>;
  /** Rejects with the child's error. */
  readonly result: Promise<Result<Name>>;
  /** SIGKILL; the result rejects. */
  readonly kill: () => void;
};

/** Starts children; with a CPU profile of each in `profileFolder`, if given. */
export class Processes {
  readonly #entry: string;
  readonly #execArgv: readonly string[];

  /** @param entry see `bundleChild` */
  constructor(entry: string, profileFolder: string | undefined) {
    this.#entry = entry;
    this.#execArgv = profileFolder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`];
  }

  async run<Name extends TaskName>(name: Name, task: Task<Name>): Promise<Result<Name>> {
    return this.start(name, task).result;
  }

  start<Name extends TaskName>(name: Name, task: Task<Name>): Child<Name> {
    const child = fork(this.#entry, [name, JSON.stringify(task)], {
      execArgv: [...this.#execArgv],
      stdio: ["ignore", "inherit", "pipe", "ipc"],
    });
    killAtExit(child);
    const kill = () => void child.kill("SIGKILL");
    const overdue = setTimeout(kill, overdueMs);
    const ready = Promise.withResolvers<void>();
    const result = Promise.withResolvers<Result<Name>>();
    for (const { promise } of [ready, result]) promise.catch(() => {});
    let complaints = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      complaints = (complaints + text).slice(-4_000);
    });
    child.on("message", (message: ChildEvent) => {
      if (message.event === "ready") ready.resolve();
      else result.resolve(message.result as Result<Name>);
    });
    child.once("close", () => {
      clearTimeout(overdue);
      const reason = new Error(`The child ended without a result. ${complaints.trim()}`.trim());
      ready.reject(reason);
      result.reject(reason);
    });
    return { ready: ready.promise, result: result.promise, kill };
  }
}
