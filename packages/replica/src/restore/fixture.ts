import { createHash, randomUUID } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { TestContext } from "node:test";
import { DatabaseChecksum } from "../checksum.ts";
import { packOf, packParts, partsOfSeconds, type SegmentLink } from "../compaction/pack.ts";
import { BEFORE_FIRST, LOG, readSlot } from "../log/log.ts";
import { type Base, encodeRecord, type LogRecord, recordHash, type Segment } from "../log/record.ts";
import { type BaseEntry, encodeManifest, type Manifest, manifestKey, type PackEntry } from "../manifest/manifest.ts";
import { snapshotKey, snapshotStream } from "../snapshot/snapshot.ts";
import { directoryTarget } from "../target/directory.ts";
import { slotKey, type Target } from "../target/target.ts";
import { WalReader } from "../wal/wal.ts";
import type { RestorePoint } from "./plan.ts";

/** For tests: the database file after one link of the log. */
export type State = RestorePoint & { readonly database: Buffer };

const NOTHING: State = {
  ...BEFORE_FIRST,
  timeMs: 0,
  checksum: "0".repeat(16),
  pageSize: 0,
  databasePages: 0,
  epoch: 0,
  lastCommit: 0,
  database: Buffer.alloc(0),
};

function checksumOf(database: Buffer, pageSize: number): string {
  const checksum = new DatabaseChecksum(pageSize);
  for (let page = 1; page * pageSize <= database.length; page++) {
    checksum.set(page, database.subarray((page - 1) * pageSize, page * pageSize));
  }
  return checksum.value;
}

/** For tests: a target with the history of a real database, written step by step, and the database after each step. */
export class History {
  readonly folder: string;
  readonly target: Target;
  /** The live database; each statement is a transaction. */
  readonly database: DatabaseSync;
  /** After each link, in order. */
  readonly states: State[] = [];
  databaseId: string = randomUUID();
  epoch = 0;
  timeMs = Date.UTC(2026, 10, 24, 8);
  slot = 1;
  manifest: Manifest | undefined;
  readonly #file: string;
  readonly #wal: WalReader;
  readonly #pageSize: number;
  /** Links that are in no manifest. */
  #unpacked: ((SegmentLink & { readonly entry?: undefined }) | { readonly record: Base; readonly entry: BaseEntry })[] =
    [];

  constructor(t: Pick<TestContext, "after">, pageSize = 1_024) {
    this.folder = mkdtempSync(join(tmpdir(), "replica-restore-"));
    this.target = undurable(join(this.folder, "target"));
    this.#file = join(this.folder, "live.db");
    this.database = new DatabaseSync(this.#file);
    this.database.exec(
      `PRAGMA page_size = ${pageSize}; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = OFF;
       CREATE TABLE t (a, b); CREATE INDEX t_a ON t (a)`,
    );
    this.#pageSize = pageSize;
    this.#wal = new WalReader(`${this.#file}-wal`);
    t.after(() => {
      this.#wal.close();
      this.database.close();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** A file for restores. */
  get restored(): string {
    return join(this.folder, "restored.db");
  }

  get last(): State {
    return this.states.at(-1) ?? NOTHING;
  }

  /** The last state that the manifest covers, or would cover. */
  get #covered(): State {
    const first = this.#unpacked[0];
    return this.states.findLast(({ slot }) => first === undefined || slot < first.record.slot) ?? NOTHING;
  }

  async format(format = 1): Promise<this> {
    const content = { format, databaseId: this.databaseId, createdMs: this.timeMs };
    await this.target.create("replica/format.json", Buffer.from(JSON.stringify(content)));
    return this;
  }

  /** Creates a target with a format, a first primary and its base. */
  async begin(): Promise<this> {
    await this.format();
    await this.fence();
    await this.base();
    return this;
  }

  /** A newcomer takes the log. */
  async fence(): Promise<void> {
    this.epoch++;
    await this.#write({ kind: "fence", ...this.#common() });
  }

  async released(): Promise<void> {
    await this.#write({ kind: "released", ...this.#common() });
  }

  /** Writes a torn or empty slot. */
  async torn(bytes: Uint8Array = Buffer.alloc(0)): Promise<void> {
    await this.target.create(slotKey(LOG, this.slot++), bytes);
  }

  /** Runs statements and appends their changes to the log, some ms later. */
  async commit(sql: string, laterMs = 100): Promise<State> {
    this.timeMs += laterMs;
    const { record, state } = this.#change(sql);
    const hash = await this.#write(record);
    this.#unpacked.push({ record, hash });
    this.states.push({ ...state, hash });
    return this.last;
  }

  /**
   * A link that was completed after a newcomer had read its slot as torn: complete, but void. The database stays the
   * same.
   */
  async voidLink(): Promise<void> {
    const page = Buffer.alloc(this.last.pageSize, 7);
    await this.#write({ ...this.#common(), ...this.#link(), kind: "segment", pages: new Map([[1, page]]) });
  }

  async base(sql = "", laterMs = 100): Promise<BaseEntry> {
    this.timeMs += laterMs;
    return this.#base(this.#change(sql).state);
  }

  /** The same for another database. */
  async baseOf(database: Buffer, pageSize: number): Promise<BaseEntry> {
    return this.#base(this.#stateOf(database, pageSize));
  }

  async #base(state: State): Promise<BaseEntry> {
    const snapshot = await this.#snapshot({ ...state, slot: this.slot, hash: this.last.hash });
    const record: Base = { ...this.#common(), ...this.#link(), ...stateFields(state), kind: "base", ...snapshot };
    const hash = await this.#write(record);
    this.states.push({ ...state, hash });
    const entry = entryOf(this.last, record.snapshotKey, record.snapshotBytes);
    this.#unpacked.push({ record, entry });
    return entry;
  }

  /** A snapshot of the current database, to be entered into a manifest. */
  async snapshot(): Promise<BaseEntry> {
    const { snapshotKey: key, snapshotBytes: bytes } = await this.#snapshot(this.last);
    return entryOf(this.last, key, bytes);
  }

  /** Packs the links after the manifest, and enters bases. The links also stay in the log. */
  async pack(): Promise<void> {
    for (let first = this.#unpacked[0]; first !== undefined; first = this.#unpacked[0]) {
      if (first.entry !== undefined) {
        this.#unpacked.shift();
        await this.enter(first.entry);
        continue;
      }
      const end = this.#unpacked.findIndex(({ entry }) => entry !== undefined);
      const links = this.#unpacked.splice(0, end < 0 ? this.#unpacked.length : end) as SegmentLink[];
      await this.#pack(first, links.at(-1) as SegmentLink, links);
    }
  }

  async #pack(first: SegmentLink, last: SegmentLink, links: readonly SegmentLink[]): Promise<void> {
    const parts: Buffer[] = [];
    let firstTimeMs: number | undefined;
    for await (const { bytes, timeMs } of partsOfSeconds(links)) {
      firstTimeMs ??= timeMs;
      parts.push(bytes);
    }
    const written = await this.#writePack("L1", first.record.slot, last.record.slot, parts);
    const pack: PackEntry = {
      level: 1,
      ...written,
      fromSlot: first.record.slot,
      toSlot: last.record.slot,
      toHash: last.hash,
      previousSlot: first.record.previousSlot,
      firstTimeMs: firstTimeMs ?? 0,
      lastTimeMs: last.record.timeMs,
    };
    await this.publish({ packs: [...(this.manifest?.packs ?? []), pack] });
  }

  async mergePacks(count: number): Promise<void> {
    const packs = this.manifest?.packs ?? [];
    const merged = packs.slice(-count);
    const first = merged[0];
    const last = merged.at(-1);
    if (first === undefined || last === undefined || merged.length < 2) return;
    if (merged.some((pack, at) => at > 0 && pack.previousSlot !== merged[at - 1]?.toSlot)) return;
    const parts: Buffer[] = [];
    for (const { key } of merged) {
      for await (const part of packParts((await this.target.read(key)) as Buffer)) {
        parts.push(await encodeRecord(part));
      }
    }
    const level = merged.every((pack) => pack.level === 1) ? 2 : 3;
    const written = await this.#writePack(`L${level}`, first.fromSlot, last.toSlot, parts);
    await this.publish({
      packs: [...packs.slice(0, -count), { ...first, ...last, ...fromOf(first), ...written, level }],
    });
  }

  /** Publishes the next manifest. It covers the packed links and the base after them. */
  async publish(change: Partial<Manifest> = {}): Promise<void> {
    const { slot, hash } = this.#covered;
    const { databaseId, epoch, timeMs } = this;
    this.manifest = {
      bases: [],
      packs: [],
      backupCount: 0,
      dropped: [],
      ...this.manifest,
      format: 1,
      databaseId,
      number: (this.manifest?.number ?? 0) + 1,
      epoch,
      writer: WRITER,
      timeMs,
      tailSlot: slot + 1,
      headBeforeTail: { slot, hash },
      ...change,
    };
    await this.target.create(manifestKey(this.manifest.number), encodeManifest(this.manifest));
  }

  async enter(base: BaseEntry): Promise<void> {
    const bases = [...(this.manifest?.bases ?? []), base].sort((left, right) => left.slot - right.slot);
    await this.publish({ bases });
  }

  /** Removes packed slots; fences stay. */
  async dropPacked(): Promise<void> {
    for (let slot = 1; slot <= this.#covered.slot; slot++) {
      const content = await readSlot(this.target, slot);
      if (content.state === "whole" && content.record.kind === "fence") continue;
      await this.target.remove(slotKey(LOG, slot));
    }
  }

  /** Changes an object's bytes. */
  async alter(key: string, change: (bytes: Buffer) => Uint8Array | undefined): Promise<void> {
    const changed = change((await this.target.read(key)) as Buffer);
    if (changed === undefined) await this.target.remove(key);
    else writeFileSync(join(this.folder, "target", key), changed);
  }

  /** The newest state at a time. */
  at(atMs: number): State | undefined {
    return this.states.findLast(({ timeMs }) => timeMs <= atMs);
  }

  /** Stores changes that a writer could not ship. @returns the key, and the database of that writer */
  async orphan(sql: string, previous: State = this.last): Promise<{ key: string; state: State }> {
    this.timeMs += 100;
    const { record, state } = this.#change(sql);
    const { slot: previousSlot, hash: previousHash } = previous;
    const bytes = await encodeRecord({ ...record, previousSlot, previousHash, slot: previousSlot + 1 });
    const key = `replica/orphan/${String(this.epoch).padStart(8, "0")}-${randomUUID()}`;
    await this.target.create(key, bytes);
    return { key, state: { ...state, slot: previousSlot + 1, hash: recordHash(bytes) } };
  }

  #change(sql: string): { record: Segment; state: State } {
    this.database.exec(sql);
    const change = this.#wal.next();
    this.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    const state = this.#stateOf(readFileSync(this.#file), this.#pageSize);
    const pages = new Map([...(change?.pages ?? [])].map(([page, image]) => [page, Buffer.from(image)]));
    return { record: { ...this.#common(), ...this.#link(), ...stateFields(state), kind: "segment", pages }, state };
  }

  #stateOf(database: Buffer, pageSize: number): State {
    const { slot, timeMs, epoch } = this;
    const lastCommit = this.last.lastCommit + 1;
    return {
      ...{ slot, hash: "", timeMs, epoch, lastCommit, pageSize, database },
      ...{ databasePages: database.length / pageSize, checksum: checksumOf(database, pageSize) },
    };
  }

  #common() {
    const { databaseId, epoch, slot, timeMs } = this;
    return { databaseId, epoch, slot, timeMs, writer: WRITER };
  }

  #link() {
    const { slot: previousSlot, hash: previousHash, lastCommit, ...state } = this.last;
    const commit = lastCommit + 1;
    return { previousSlot, previousHash, firstCommit: commit, lastCommit: commit, ...stateFields(state) };
  }

  async #write(record: LogRecord): Promise<string> {
    const bytes = await encodeRecord(record);
    await this.target.create(slotKey(LOG, record.slot), bytes);
    this.slot = record.slot + 1;
    return recordHash(bytes);
  }

  async #snapshot(state: State): Promise<{ snapshotKey: string; snapshotBytes: number }> {
    const { pageSize, database, slot, hash, timeMs } = state;
    const head = { databaseId: this.databaseId, slot, hash, timeMs, ...stateFields(state) };
    const key = snapshotKey(slot, this.epoch);
    const stream = snapshotStream(head, async (first, into) => {
      database.copy(into, 0, (first - 1) * pageSize);
    });
    await this.target.create(key, stream);
    return { snapshotKey: key, snapshotBytes: (await this.target.read(key))?.length ?? 0 };
  }

  async #writePack(
    level: string,
    from: number,
    to: number,
    parts: readonly Buffer[],
  ): Promise<Pick<PackEntry, "key" | "bytes" | "sha256">> {
    const chunks: Buffer[] = [];
    for await (const chunk of packOf(parts)) chunks.push(Buffer.from(chunk));
    const bytes = Buffer.concat(chunks);
    const key = `${slotKey(`replica/${level}/`, from)}-${slotKey("", to)}`;
    await this.target.create(key, bytes);
    return { key, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  }
}

const WRITER = randomUUID();

/** A folder as a target that does not wait for the disk. */
function undurable(folder: string): Target {
  const create: Target["create"] = async (key, content) => {
    const path = join(folder, key);
    if (existsSync(path)) return "exists";
    mkdirSync(dirname(path), { recursive: true });
    if (content instanceof Uint8Array) writeFileSync(path, content);
    else for await (const chunk of content) appendFileSync(path, chunk);
    return "created";
  };
  mkdirSync(folder);
  return { ...directoryTarget(folder), create };
}

function stateFields({ pageSize, databasePages, checksum }: Pick<State, "pageSize" | "databasePages" | "checksum">) {
  return { pageSize, databasePages, checksum };
}

function fromOf({ fromSlot, previousSlot, firstTimeMs }: PackEntry) {
  return { fromSlot, previousSlot, firstTimeMs };
}

function entryOf(state: State, key: string, bytes: number): BaseEntry {
  const { slot, hash, epoch, timeMs } = state;
  return { slot, hash, epoch, timeMs, key, bytes, ...stateFields(state) };
}
