/** The environment of all measurements. */
import { accessSync, constants, copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Options } from "./options.ts";
import type { Processes } from "./processes.ts";
import { usersIn } from "./rows.ts";
import type { TargetPlan } from "./targets.ts";

const memoryFolder = "/dev/shm";
export const databaseName = "scim.db";

/** A database to start with. */
export type Template = { readonly file: string; readonly users: number };

export type Place = {
  /** A copy of the template. */
  readonly file: string;
  /** Empty at first. */
  readonly target: TargetPlan;
  /** Another empty local folder. */
  readonly otherFolder: string;
  /** Number of the first user that is not in the template. */
  readonly firstUser: number;
};

export class Bench {
  readonly options: Options;
  readonly processes: Processes;
  readonly progress: (line: string) => void;
  readonly #folder: string;
  readonly #templates = new Map<number, Promise<Template>>();

  constructor(options: Options, processes: Processes, folder: string, progress: (line: string) => void) {
    this.options = options;
    this.processes = processes;
    this.progress = progress;
    this.#folder = folder;
  }

  /** A database of about this size, created once. */
  template(bytes: number): Promise<Template> {
    const known = this.#templates.get(bytes) ?? this.#create(bytes);
    this.#templates.set(bytes, known);
    return known;
  }

  async inPlace<Result>(
    template: Template,
    run: (place: Place) => Promise<Result>,
    { delayMs = 0 }: { readonly delayMs?: number } = {},
  ): Promise<Result> {
    const folder = mkdtempSync(join(this.#folder, "run-"));
    // A delay stands for the whole operation: the disk's own time would be added.
    const targetFolder = mkdtempSync(join(delayMs > 0 ? this.#delayedFolder() : folder, "target-"));
    try {
      const otherFolder = join(folder, "other");
      mkdirSync(otherFolder);
      const file = join(folder, databaseName);
      copyFileSync(template.file, file);
      return await run({ file, target: { folder: targetFolder, delayMs }, otherFolder, firstUser: template.users });
    } finally {
      for (const path of [folder, targetFolder]) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  async #create(bytes: number): Promise<Template> {
    const users = usersIn(bytes);
    this.progress(`a database of ${Math.round(bytes / 1e6)} MB, ${users} users`);
    const file = join(this.#folder, `${bytes}.db`);
    await this.processes.run("create", { file, users });
    return { file, users };
  }

  #delayedFolder(): string {
    try {
      accessSync(memoryFolder, constants.W_OK);
    } catch {
      return this.#folder;
    }
    const folder = mkdtempSync(join(memoryFolder, "scimtool-bench-replica-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
