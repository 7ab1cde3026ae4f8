import { mkdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "../errors.ts";
import type { Replica } from "../replica.ts";
import type { Target } from "../target/target.ts";
import { faultyTarget } from "../target/testing/faulty.ts";
import { digestOf, integrityOf, readContent } from "./content.ts";
import { weatherOf } from "./faults.ts";
import { quicken } from "./pace.ts";
import { randomOf } from "./random.ts";
import type { Orders, Report } from "./reports.ts";
import { withoutClaims, withoutFencing } from "./weakened.ts";
import { Client, churn, type Operation, ROWS_PER_INSTANCE, type Writing, writingOf } from "./workload.ts";

// One instance in its own process, as a container would run it. It takes orders from its argument and from messages,
// and reports on standard output.

const orders = JSON.parse(process.argv[2] as string) as Orders;
const random = randomOf(orders.seed);
const RETRY_MS = 100;
/** The longest pause between requests. A client that gets fast responses asks more often. */
const PAUSE_MS = { async: 150, others: 15 };
/** The WAL is truncated to this size when it restarts. */
const JOURNAL_LIMIT_BYTES = 256 * 1_024;
const CLOSE_WITHIN_MS = 5_000;
/** Without protection, the target counts as away after this time. */
const TIMER_ONLY_MS = 2_000;

function report(content: Report): void {
  const bytes = Buffer.from(`${JSON.stringify(content)}\n`);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      // The pipe is full because the reader is slow.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}

function fail(error: unknown): never {
  const { name, message, stack } = error as Error;
  const expected = ["ReplicaError", "TargetError"].includes(name);
  report({ kind: "failed", error: expected ? message : `${stack}`, expected });
  process.exit(3);
}

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
process.on("disconnect", () => process.exit(4));

/** Writes for clients while this instance is the primary. */
class Host {
  #database: DatabaseSync | undefined;
  #writing: Writing | undefined;
  #pauses = 0;
  #queue: { readonly operation: Operation; readonly answer: (isDone: boolean) => void }[] = [];
  #isBatchDue = false;
  readonly #clients: Client[];
  readonly #file: string;
  #nextRow = orders.number * ROWS_PER_INSTANCE;
  isStopping = false;
  replica: Replica | undefined;

  constructor(file: string) {
    this.#file = file;
    const nextId = () => ++this.#nextRow;
    this.#clients = Array.from({ length: orders.clients }, () => new Client(randomOf(random.seed()), nextId));
  }

  open(): void {
    this.#database = new DatabaseSync(this.#file, { timeout: 5_000 });
    this.#database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = ${JOURNAL_LIMIT_BYTES}`,
    );
    this.#writing = writingOf(this.#database);
    this.replica?.changed();
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
    this.#writing = undefined;
    for (const client of this.#clients) client.forget();
  }

  pauseWrites(): () => void {
    this.#pauses++;
    let isPaused = true;
    return () => {
      if (!isPaused) return;
      isPaused = false;
      this.#pauses--;
    };
  }

  read(): Report {
    const database = this.#database as DatabaseSync;
    const { rows, wrong } = readContent(database);
    return { kind: "content", digest: digestOf(rows), integrity: [integrityOf(database), ...wrong].join("; ") };
  }

  serve(): void {
    for (const client of this.#clients) void this.#serveClient(client);
  }

  async #serveClient(client: Client): Promise<void> {
    while (!this.isStopping) {
      await sleep(random.between(1, orders.durability === "async" ? PAUSE_MS.async : PAUSE_MS.others));
      const refusal = this.replica?.refusal();
      if (this.#writing === undefined || this.#pauses > 0 || refusal !== undefined) {
        if (this.#writing !== undefined && refusal !== undefined) {
          report({ kind: "refused", reason: refusal.reason });
          await sleep(RETRY_MS);
        }
        continue;
      }
      const operation = client.choose();
      if (await this.#submit(operation)) client.did(operation);
    }
  }

  #submit(operation: Operation): Promise<boolean> {
    return new Promise((answer) => {
      this.#queue.push({ operation, answer });
      if (this.#isBatchDue) return;
      this.#isBatchDue = true;
      setImmediate(() => void this.#writeBatch().catch(fail));
    });
  }

  async #writeBatch(): Promise<void> {
    this.#isBatchDue = false;
    const batch = this.#queue.splice(0);
    const { replica } = this;
    if (replica === undefined || this.#writing === undefined || this.#database === undefined || this.#pauses > 0) {
      for (const { answer } of batch) answer(false);
      return;
    }
    const operations = batch.map(({ operation }) => operation);
    report({ kind: "trying", operations: operations.filter(({ op }) => op !== "insert") });
    if (churn(this.#database, random)) replica.changed();
    const done = this.#writing.run(operations);
    replica.changed();
    const { epoch } = replica.status();
    try {
      await this.#wait(replica);
    } catch (error) {
      if (!hasCode(error, "not-durable") && !hasCode(error, "target-away")) throw error;
      report({ kind: "not-durable", atMs: Date.now(), count: done.length });
      for (const { answer } of batch) answer(false);
      return;
    }
    const durability = replica.status().durability?.inForce ?? orders.durability;
    report({ kind: "acknowledged", atMs: Date.now(), epoch, durability, done });
    for (const { answer } of batch) answer(true);
  }

  async #wait(replica: Replica): Promise<void> {
    if (orders.weakness === "no-wait") return;
    const timer = orders.weakness === "timer-only" ? [sleep(TIMER_ONLY_MS)] : [];
    await Promise.race([replica.durable(), ...timer]);
  }
}

async function openTargetAsOrdered(): Promise<Target> {
  const { openTarget } = await import("../target/open-target.ts");
  let target = await openTarget(orders.target);
  if (orders.weakness === "no-claim") {
    target = withoutClaims(target, random, () => {
      report({ kind: "frozen" });
      process.kill(process.pid, "SIGSTOP");
    });
  }
  if (orders.weakness === "no-fence") target = withoutFencing(target);
  const decide = weatherOf(orders.weather, randomOf(random.seed()), (fault) => report({ kind: "fault", fault }));
  return faultyTarget(target, decide);
}

async function run(): Promise<void> {
  quicken();
  const { startReplica } = await import("../replica.ts");
  mkdirSync(orders.folder, { recursive: true });
  const file = join(orders.folder, "app.db");
  const host = new Host(file);
  const tellRole = (why: string) => {
    const { role, epoch } = replica.status();
    report({ kind: "role", atMs: Date.now(), role, epoch, why });
  };
  const replica = await startReplica({
    file,
    target: await openTargetAsOrdered(),
    durability: orders.durability,
    plainIntervalMs: orders.plainIntervalMs,
    retentionMs: 3_600_000,
    init: false,
    log: (level, line) => report({ kind: "log", level, line }),
    host: {
      pauseWrites: async () => host.pauseWrites(),
      demoted: async (why) => {
        host.close();
        report({ kind: "role", atMs: Date.now(), role: "standby", epoch: replica.status().epoch, why });
      },
    },
  });
  host.replica = replica;
  tellRole(replica.promotable);

  const promote = async () => {
    while (!host.isStopping && replica.role !== "primary") {
      try {
        await replica.promote();
        host.open();
        tellRole("promoted");
        if (orders.onlyReads) {
          report(host.read());
          await stop();
        }
      } catch (error) {
        if (!hasCode(error, "not-primary")) throw error;
        report({ kind: "log", level: "info", line: (error as Error).message });
        await sleep(RETRY_MS);
      }
    }
  };
  const stop = async () => {
    if (host.isStopping) return;
    host.isStopping = true;
    host.close();
    await replica.close(CLOSE_WITHIN_MS);
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop().catch(fail));
  process.on("message", () => void promote().catch(fail));
  host.serve();
  if (orders.promote === "at-once" || replica.promotable === "at-once") await promote();
  else if (orders.promote === "ownerless") await replica.ownerless.then(promote);
}

await run().catch(fail);
