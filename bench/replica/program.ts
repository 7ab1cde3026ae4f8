/** The measured program: one writing connection, with and without replication. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Durability, Replica, Target } from "@scimtool/replica";
import { WriteGate } from "../command.ts";
import { openWal, prepareInsert, rowOf } from "./rows.ts";

const retentionMs = 7 * 24 * 3_600_000;

/** So long that none happens during a measurement. */
const neverMs = 24 * 3_600_000;

export type Replication = {
  readonly target: Target;
  readonly durability: Durability;
  /** Interval of plain copies; default: none. */
  readonly plainIntervalMs?: number;
};

/** A database of numbered users, and its replication. */
export class Program {
  readonly #file: string;
  #replica: Replica | undefined;
  #database: DatabaseSync | undefined;
  #insert: StatementSync | undefined;
  readonly #gate = new WriteGate();
  /** Resolves when another instance has taken over. */
  readonly demoted: Promise<"fenced" | "handed-over">;
  readonly #demote: (why: "fenced" | "handed-over") => void;

  /** Opens it as the primary. Without `replication`, nothing is replicated. */
  static async open(file: string, replication: Replication | undefined): Promise<Program> {
    const program = new Program(file);
    if (replication !== undefined) await program.#replicate(replication);
    await program.promote();
    return program;
  }

  /** Accepts writes once it is promoted. */
  static async standBy(file: string, replication: Replication): Promise<Program> {
    const program = new Program(file);
    await program.#replicate(replication);
    return program;
  }

  private constructor(file: string) {
    this.#file = file;
    const { promise, resolve } = Promise.withResolvers<"fenced" | "handed-over">();
    this.demoted = promise;
    this.#demote = resolve;
  }

  get replica(): Replica | undefined {
    return this.#replica;
  }

  /** What a write must wait for before it begins. */
  get paused(): Promise<void> | undefined {
    return this.#gate.opened;
  }

  /** Whether writes are accepted: not as a standby, nor during a hand-over. */
  get accepts(): boolean {
    return this.#insert !== undefined && this.#replica?.refusal() === undefined;
  }

  async promote(): Promise<void> {
    await this.#replica?.promote();
    this.#openDatabase();
  }

  /** One transaction. Blocks until it is committed. */
  insert(user: number): void {
    this.#insert?.run(...rowOf(user));
    this.#replica?.changed();
  }

  /** The same for several, as a server commits waiting transactions together. */
  insertTogether(users: readonly number[]): void {
    this.#database?.exec("BEGIN IMMEDIATE");
    for (const user of users) this.#insert?.run(...rowOf(user));
    this.#database?.exec("COMMIT");
    this.#replica?.changed();
  }

  durable(): Promise<void> | undefined {
    return this.#replica?.durable();
  }

  async #replicate({ target, durability, plainIntervalMs = neverMs }: Replication): Promise<void> {
    const { startReplica } = await import("@scimtool/replica");
    this.#replica = await startReplica({
      file: this.#file,
      target,
      durability,
      plainIntervalMs,
      retentionMs,
      init: false,
      log: (level, line) => {
        if (level !== "info") process.stderr.write(`${line}\n`);
      },
      host: {
        pauseWrites: async () => this.#gate.pause(),
        demoted: async (why) => {
          this.#database?.close();
          this.#database = undefined;
          this.#insert = undefined;
          this.#demote(why);
        },
      },
    });
  }

  #openDatabase(): void {
    this.#database = openWal(this.#file, this.#replica === undefined ? "by-sqlite" : "by-replica");
    this.#insert = prepareInsert(this.#database);
  }
}
