import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { RestoreImpossible } from "../errors.ts";
import type { BaseEntry } from "../manifest/manifest.ts";
import { type RestoreResult, restore } from "../restore/restore.ts";
import { points } from "../restore/restore-points.ts";
import { openTarget } from "../target/open-target.ts";
import type { Target } from "../target/target.ts";
import { type Acknowledged, acknowledgedOf, ageMs, lostOf, overlapsOf } from "./acknowledged.ts";
import { type Content, digestOf, integrityOf, readContent } from "./content.ts";
import { Instance } from "./instance.ts";
import { randomOf } from "./random.ts";
import type { Scene } from "./run.ts";

/** In mode async with a working target, operations acknowledged longer ago than this survive. */
const ASYNC_WINDOW_MS = 1_000;
/** Tolerance for reading the clocks of two processes on a busy machine. */
const TOLERANCE_MS = 400;
/** Points in time that are restored in more than one way. */
const POINTS = 3;
const PLAIN_KEY = "scim.db";
const READER_LIMIT_MS = 40_000;

export type Findings = {
  readonly acknowledged: number;
  /** Of these, those that must survive. */
  readonly promised: number;
  readonly lost: number;
  /** Lost, but acknowledged in mode async or while the target was unreachable. */
  readonly lostUnpromised: number;
  readonly oldestLostMs: number;
  readonly twoWriters: number;
  readonly torn: number;
  readonly restores: number;
  readonly violations: readonly string[];
};

/** Restores the target of a run in several ways, and compares the results with the acknowledged operations. */
export async function check(scene: Scene): Promise<Findings> {
  const { plan, instances, folder, problems } = scene;
  const violations = [...problems];
  const acknowledged = acknowledgedOf(instances, plan.weather === "fair");
  const lost: Acknowledged[] = [];
  const overlaps = overlapsOf(acknowledged);
  violations.push(...overlaps.slice(0, 3));
  const counters = { restores: 0 };
  const place = join(folder, "restored");
  await mkdir(place, { recursive: true });
  const target = await openTarget(scene.target, scene.env);
  let torn = 0;
  try {
    // Ships what only the disk has.
    if (plan.kind === "resume" && onOneDisk(instances)) await compareReader(scene, undefined, violations, counters);
    const newest = await restoreTo(target, join(place, "newest.db"), {});
    counters.restores++;
    torn = newest.warnings.filter((warning) => warning.includes("no whole record")).length;
    const { rows, wrong } = contentOf(newest.file);
    violations.push(...wrong.slice(0, 3));
    lost.push(...lostOf(acknowledged, instances, rows));
    if (plan.weakness === undefined) {
      await comparePoints(target, scene, place, acknowledged, violations, counters);
      await compareReader(scene, rows, violations, counters);
      await checkPlainCopy(target, place, violations);
    }
  } catch (error) {
    if (acknowledged.length > 0) violations.push(`restore: ${(error as Error).stack}`);
  }
  const promised = lost.filter(({ isPromised }) => isPromised);
  for (const { seq, id, epoch, instance } of promised.slice(0, 3))
    violations.push(`row ${id} (operation ${seq}, epoch ${epoch}, instance ${instance.orders.number}) is lost`);
  const unpromised = lost.filter(({ isPromised }) => !isPromised);
  const oldestLostMs = Math.max(0, ...unpromised.map(ageMs));
  if (plan.weather === "fair" && oldestLostMs > ASYNC_WINDOW_MS + TOLERANCE_MS)
    violations.push(`an operation acknowledged ${oldestLostMs} ms before the end is lost`);
  if (plan.kind === "resume" && unpromised.length > 0 && onOneDisk(instances))
    violations.push(`${unpromised.length} operations are lost although the local disk was kept`);
  return {
    acknowledged: acknowledged.length,
    promised: acknowledged.filter(({ isPromised }) => isPromised).length,
    lost: promised.length,
    lostUnpromised: unpromised.length,
    oldestLostMs,
    twoWriters: overlaps.length,
    torn,
    restores: counters.restores,
    violations,
  };
}

function onOneDisk(instances: readonly Instance[]): boolean {
  return new Set(instances.map(({ orders }) => orders.folder)).size === 1;
}

type Counters = { restores: number };

/** Points in time: every way of restoring gives the same, with everything promised by then. */
async function comparePoints(
  target: Target,
  { plan }: Scene,
  place: string,
  acknowledged: readonly Acknowledged[],
  violations: string[],
  counters: Counters,
): Promise<void> {
  const known = await points(target);
  if (known === undefined) return;
  const random = randomOf(plan.seed);
  for (let count = 1; count <= POINTS; count++) {
    const atMs = random.between(known.oldestMs, known.newestMs);
    const straight = await restoreTo(target, join(place, `${count}-straight.db`), { atMs });
    counters.restores++;
    const { rows, wrong } = contentOf(straight.file);
    violations.push(...wrong.slice(0, 3));
    const missing = missingAt(acknowledged, atMs, rows);
    if (missing !== undefined) violations.push(`as of ${atMs}, row ${missing.id} of before is missing`);
    const other = withoutBases(target, known.bases.slice(1, random.between(1, known.bases.length)));
    try {
      const around = await restoreTo(other, join(place, `${count}-around.db`), { atMs });
      counters.restores++;
      const isSame = straight.point.hash === around.point.hash && (await sameBytes(straight.file, around.file));
      if (!isSame)
        violations.push(`as of ${atMs}, slots ${straight.point.slot} and ${around.point.slot} have different bytes`);
    } catch (error) {
      // A base in the log itself has nothing before it that would lead there.
      if (!(error instanceof RestoreImpossible)) throw error;
    }
  }
}

/**
 * A row that was promised before a moment, was not changed later, and is not in the database of that moment. Links of one
 * second are merged, so the end of the previous second counts.
 */
function missingAt(acknowledged: readonly Acknowledged[], atMs: number, rows: Content): Acknowledged | undefined {
  const secondMs = Math.floor(atMs / 1_000) * 1_000;
  const changed = new Set(acknowledged.filter(({ version }) => version > 1).map(({ id }) => id));
  return acknowledged.find(
    ({ isPromised, id, atMs: doneMs, op, instance }) =>
      isPromised &&
      op === "insert" &&
      doneMs < secondMs &&
      !changed.has(id) &&
      !instance.trying.some(({ operations }) => operations.some((tried) => tried.id === id)) &&
      !rows.has(id),
  );
}

/**
 * Another instance takes over, and sees the same.
 * @param rows what it must see, on a new disk; undefined: it uses the existing disk
 */
async function compareReader(
  scene: Scene,
  rows: Content | undefined,
  violations: string[],
  counters: Counters,
): Promise<void> {
  const { plan, folder, target, env, instances } = scene;
  const reader = new Instance(
    {
      number: instances.length + 1,
      seed: plan.seed,
      folder: rows === undefined ? join(folder, "disk-1") : join(folder, "reader"),
      target,
      durability: "semi-sync",
      promote: "at-once",
      clients: 0,
      weather: "fair",
      onlyReads: true,
      plainIntervalMs: 60_000,
    },
    env,
  );
  await reader.until(() => reader.hasEnded, READER_LIMIT_MS);
  await reader.kill();
  counters.restores++;
  const { content, failure, exitCode } = reader;
  if (content === undefined)
    violations.push(`a fresh instance cannot read (${exitCode}): ${failure?.error ?? reader.lines.join("\n")}`);
  else if (content.integrity !== "ok") violations.push(`a fresh instance finds: ${content.integrity}`);
  else if (rows !== undefined && content.digest !== digestOf(rows))
    violations.push("a fresh instance sees other rows than a restore gives");
}

/** It is always a complete database. */
async function checkPlainCopy(target: Target, place: string, violations: string[]): Promise<void> {
  const bytes = await target.read(PLAIN_KEY);
  if (bytes === undefined) return;
  const file = join(place, "plain.db");
  await writeFile(file, bytes);
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const integrity = [integrityOf(database), ...readContent(database).wrong.slice(0, 3)].join("; ");
    if (integrity !== "ok") violations.push(`the plain copy: ${integrity}`);
  } finally {
    database.close();
  }
}

async function restoreTo(
  target: Target,
  file: string,
  options: { readonly atMs?: number },
): Promise<RestoreResult & { readonly file: string }> {
  return { ...(await restore(target, file, { ...options, check: "full" })), file };
}

function contentOf(file: string): ReturnType<typeof readContent> {
  const url = pathToFileURL(file);
  url.searchParams.set("immutable", "1");
  const database = new DatabaseSync(url, { readOnly: true });
  try {
    return readContent(database);
  } finally {
    database.close();
  }
}

/** The target without some snapshots, so that a restore must use earlier ones. */
function withoutBases(target: Target, bases: readonly BaseEntry[]): Target {
  const keys = new Set(bases.map(({ key }) => key));
  return { ...target, read: async (key, range) => (keys.has(key) ? undefined : target.read(key, range)) };
}

async function sameBytes(left: string, right: string): Promise<boolean> {
  const [one, other] = await Promise.all([left, right].map(hashOf));
  return one === other;
}

async function hashOf(file: string): Promise<string> {
  const digest = createHash("sha256");
  for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer);
  return digest.digest("hex");
}
