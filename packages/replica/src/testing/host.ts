import { cpSync, existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Replica, type ReplicaOptions, startReplica } from "../replica.ts";
import { type RestoreOptions, type RestoreResult, restore } from "../restore/restore.ts";
import { directoryTarget } from "../target/directory.ts";
import type { Target } from "../target/target.ts";
import { afterwards, type Test, temporaryFolder } from "./folder.ts";
import { type MortalTarget, mortal } from "./mortal.ts";
import { PATIENCE_MS, until } from "./until.ts";

export type HostOptions = Partial<Omit<ReplicaOptions, "host" | "file" | "target">> & {
  /** The folder of its database; default: a new one. */
  readonly folder?: string;
};

const DAY_MS = 86_400_000;

/** For tests: a program that writes a replicated database, as a server does. */
export class Host {
  readonly folder: string;
  /** The target, as this program sees it. */
  readonly target: MortalTarget;
  readonly lines: string[] = [];
  readonly demotions: string[] = [];
  #replica: Replica | undefined;
  #database: DatabaseSync | undefined;
  #pauses = 0;
  #resumed: (() => void)[] = [];
  #isGone = false;

  private constructor(folder: string, target: Target) {
    this.folder = folder;
    this.target = mortal(target);
  }

  static async start(t: Test, target: Target, options: HostOptions = {}): Promise<Host> {
    const { folder = join(temporaryFolder(t), "local"), ...rest } = options;
    mkdirSync(folder, { recursive: true });
    const host = new Host(folder, target);
    afterwards(t, () => host.#end());
    host.#replica = await startReplica({
      file: host.file,
      target: host.target,
      durability: "semi-sync",
      plainIntervalMs: DAY_MS,
      retentionMs: 7 * DAY_MS,
      init: false,
      log: (level, line) => host.lines.push(`${level}: ${line}`),
      host: { pauseWrites: () => host.#pause(), demoted: (why) => host.#demoted(why) },
      ...rest,
    });
    return host;
  }

  static async primary(t: Test, target: Target, options: HostOptions = {}): Promise<Host> {
    const host = await Host.start(t, target, options);
    await host.promote();
    return host;
  }

  get file(): string {
    return join(this.folder, "test.db");
  }

  get replica(): Replica {
    if (this.#replica === undefined) throw new Error("The host has not started.");
    return this.#replica;
  }

  get database(): DatabaseSync {
    if (this.#database === undefined) throw new Error("The host is not the writer.");
    return this.#database;
  }

  get isPaused(): boolean {
    return this.#pauses > 0;
  }

  async promote(): Promise<void> {
    await this.replica.promote();
    if (this.#database !== undefined) return;
    this.#database = new DatabaseSync(this.file, { timeout: 5_000 });
    this.#database.exec("PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = NORMAL");
    this.#database.exec("CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b)");
    this.replica.changed();
    await this.replica.durable(true)?.catch(() => {});
  }

  commit(sql: string): void {
    this.database.exec(sql);
    this.replica.changed();
  }

  /** Commits rows, each in its own transaction, and waits until they are at the target. */
  async write(...values: readonly number[]): Promise<void> {
    for (const value of values) {
      while (this.isPaused) await new Promise<void>((resolve) => this.#resumed.push(resolve));
      this.insert(value);
    }
    await this.replica.durable(true);
  }

  /** Commits rows, each in its own transaction. */
  insert(...values: readonly number[]): void {
    for (const value of values) this.commit(`INSERT INTO t VALUES (${value}, 'value ${value}')`);
  }

  /** Runs work once, at the moment when held writes continue. */
  whenResumed(work: () => void): void {
    this.#resumed.push(work);
  }

  /** Resolves when a log line matches. */
  async told(pattern: RegExp, withinMs = PATIENCE_MS): Promise<string> {
    return until(() => this.lines.find((line) => pattern.test(line)), `a line like ${pattern}`, withinMs);
  }

  /** Closes its connections and then the replica. */
  async close(deadlineMs?: number): Promise<void> {
    this.#isGone = true;
    this.#closeDatabase();
    await this.replica.close(deadlineMs);
  }

  /**
   * Like `kill -9` or a lost node: nothing more happens at the target.
   * @returns a copy of the local folder at that moment
   */
  die(t: Test): string {
    this.target.die();
    this.#isGone = true;
    const folder = join(temporaryFolder(t), "local");
    cpSync(this.folder, folder, { recursive: true, filter: (path) => !basename(path).endsWith("-lock") });
    return folder;
  }

  async #pause(): Promise<() => void> {
    this.#pauses++;
    let isHeld = true;
    return () => {
      if (!isHeld) throw new Error("Writes have been let go on twice.");
      isHeld = false;
      if (--this.#pauses > 0) return;
      for (const resume of this.#resumed.splice(0)) resume();
    };
  }

  async #demoted(why: string): Promise<void> {
    this.demotions.push(why);
    this.#closeDatabase();
  }

  #closeDatabase(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  async #end(): Promise<void> {
    if (!this.#isGone && this.#replica !== undefined) await this.close(500);
    this.#closeDatabase();
    await this.target.bury();
  }
}

/** For tests: a target in its own folder, and the folder. */
export function targetFolder(t: Test): { readonly target: Target; readonly folder: string } {
  const folder = join(temporaryFolder(t), "target");
  return { target: directoryTarget(folder), folder };
}

/** The result of restoring a target. */
export async function restoredFrom(
  t: Test,
  target: Target,
  options: RestoreOptions = {},
): Promise<RestoreResult & { readonly rows: number[]; readonly file: string }> {
  const file = join(temporaryFolder(t), "restored.db");
  const result = await restore(target, file, options);
  return { ...result, rows: rowsOf(file), file };
}

/** The rows in a closed database file, and in its WAL. */
export function rowsOf(file: string): number[] {
  const database = new DatabaseSync(existsSync(`${file}-wal`) ? file : `file:${file}?immutable=1`);
  try {
    const isThere = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 't'").get() !== undefined;
    return isThere
      ? database
          .prepare("SELECT a FROM t ORDER BY a")
          .all()
          .map(({ a }) => a as number)
      : [];
  } finally {
    database.close();
  }
}
