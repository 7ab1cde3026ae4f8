import { DatabaseSync } from "node:sqlite";
import type { DatabaseChecksum } from "../checksum.ts";
import { type TailLink, tailLink } from "../compaction/compaction.ts";
import { Fenced } from "../errors.ts";
import { type Lease, readIntent } from "../lease/lease.ts";
import { type SlotAndHash, writeSidecar } from "../local/sidecar.ts";
import { BEFORE_FIRST, ChainBroken, chainFrom, readTail } from "../log/log.ts";
import type { Target } from "../target/target.ts";
import { WalReader } from "../wal/wal.ts";
import { baseOf, freezeWhole, type Handles } from "./base.ts";
import { Checkpointer, DatabaseFile } from "./checkpointer.ts";
import { Guard, type Pin } from "./guard.ts";
import { Manifests } from "./manifests.ts";
import type { Head } from "./shipper.ts";

export type Beginning =
  /** The file equals the target's state at `head`; `wal` is positioned there. */
  | {
      readonly kind: "behind-head";
      readonly head: Head;
      readonly checksum: DatabaseChecksum;
      readonly wal: WalReader;
    }
  /** The target needs the whole database: it has none, or one that cannot be continued. */
  | { readonly kind: "base"; readonly previous: Head | undefined };

export type BeginOptions = {
  readonly file: string;
  readonly target: Target;
  readonly lease: Lease;
  readonly beginning: Beginning;
};

/** What a primary has once the target has all it needs to continue. */
export type Begun = {
  /** The connections to the file, and its readers. */
  readonly parts: Handles;
  readonly manifests: Manifests;
  readonly head: Head;
  readonly checksum: DatabaseChecksum;
  /** The links of the log that the manifest does not cover. */
  readonly tail: readonly TailLink[];
  /** Holds the database at the head, if it is held already. */
  readonly pin: Pin | undefined;
  readonly nextSlot: number;
  /** How long the first base took; 0 if none was needed. */
  readonly baseTookMs: number;
  /** This intent was addressed to an earlier primary. */
  readonly knownIntent: string | undefined;
};

/**
 * Opens the file, and makes the first base and manifest if the target lacks them.
 * @throws TargetError when the target does not answer
 */
export async function begin(options: BeginOptions): Promise<Begun> {
  const { file, lease, target, beginning } = options;
  // Note the owner before anything is written to the file.
  noteAheadOf(file, lease, beginning.kind === "base" && beginning.previous !== undefined ? [beginning.previous] : []);
  const database = new DatabaseSync(file, { timeout: 5_000 });
  database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -64;");
  const databaseFile = await DatabaseFile.open(file);
  const guard = new Guard(file);
  const checkpointer = new Checkpointer({ file, databaseFile, guard });
  const wal = beginning.kind === "behind-head" ? beginning.wal : new WalReader(`${file}-wal`);
  const parts: Handles = { target, lease, database, databaseFile, checkpointer, guard, wal };
  try {
    const manifests = await Manifests.read(target, lease);
    // A question for presence may be addressed to this instance.
    const intent = await readIntent(target);
    const knownIntent = intent?.wants === "hand-over" ? intent.id : undefined;
    const links = await uncovered(target, manifests);
    // A restore passed over damage, so the log cannot be continued from there. A new base can.
    const isAstray = beginning.kind === "behind-head" && !endsWith(beginning.head, manifests, links);
    const start: Beginning = isAstray ? { kind: "base", previous: beginning.head } : beginning;
    if (isAstray) noteAheadOf(file, lease, [beginning.head]);
    const begun = await beginAt(parts, start, manifests, links ?? []);
    if (start.kind === "base") noteAheadOf(file, lease, []);
    return { parts, manifests, knownIntent, ...begun };
  } catch (error) {
    // Closing copies all of the WAL into the file, including what the target lacks.
    if (beginning.kind === "behind-head" && wal.bytesAhead(1) > 0) noteAheadOf(file, lease, [beginning.head]);
    await closeParts(parts);
    throw error;
  }
}

/** Notes the owner of the file, and the links of the target that it is ahead of in a way that its WAL no longer shows. */
export function noteAheadOf(file: string, lease: Lease, heads: readonly SlotAndHash[]): void {
  const { databaseId, targetName: target, epoch, writer } = lease;
  writeSidecar(file, { databaseId, target, epoch, writer, aheadOf: heads.map(({ slot, hash }) => ({ slot, hash })) });
}

export async function closeParts({ database, databaseFile, checkpointer, guard, wal }: Handles): Promise<void> {
  wal.close();
  await checkpointer.close();
  guard.close();
  database.close();
  // Earlier, this would drop the locks of the connections.
  databaseFile.close();
}

async function beginAt(
  parts: Handles,
  beginning: Beginning,
  manifests: Manifests,
  links: readonly TailLink[],
): Promise<Pick<Begun, "head" | "checksum" | "tail" | "pin" | "nextSlot" | "baseTookMs">> {
  const { lease } = parts;
  const startedMs = performance.now();
  const firstSlot = lease.fenceSlot + 1;
  if (beginning.kind === "behind-head") {
    const { head, checksum } = beginning;
    const tail = await firstManifest(manifests, links);
    return { head, checksum, tail, pin: undefined, nextSlot: firstSlot, baseTookMs: 0 };
  }
  const frozen = await freezeWhole(parts);
  const base = await baseOf(parts, frozen, beginning.previous, firstSlot, Date.now());
  if ((await lease.slots.write(firstSlot, base.bytes)) === "taken") throw new Fenced();
  const { head, checksum, record } = base;
  const link = tailLink({ record, hash: head.hash });
  // Earlier states that can be restored stay restorable.
  const before = beginning.previous === undefined ? [] : links;
  const tail = await firstManifest(manifests, [...before, link]);
  const baseTookMs = performance.now() - startedMs;
  return { head, checksum, tail, pin: frozen.pin, nextSlot: firstSlot + 1, baseTookMs };
}

/** The links of the log that the manifest does not cover; undefined if they are not one chain any more. */
async function uncovered(target: Target, manifests: Manifests): Promise<readonly TailLink[] | undefined> {
  const { tailSlot, headBeforeTail } = manifests.current ?? { tailSlot: 1, headBeforeTail: BEFORE_FIRST };
  try {
    return chainFrom(headBeforeTail, await readTail(target, tailSlot)).links.map(tailLink);
  } catch (error) {
    if (error instanceof ChainBroken) return undefined;
    throw error;
  }
}

/** Whether the log, by the manifest and the links behind it, ends with this head. */
function endsWith(head: Head, { current }: Manifests, links: readonly TailLink[] | undefined): boolean {
  const last = links?.at(-1) ?? current?.headBeforeTail;
  return links !== undefined && last?.slot === head.slot && last.hash === head.hash;
}

/** Writes the first manifest if there is none, with the first link, which is a base. @returns the other links */
async function firstManifest(manifests: Manifests, links: readonly TailLink[]): Promise<readonly TailLink[]> {
  const first = links[0];
  if (manifests.current !== undefined || first?.base === undefined) return links;
  const { slot, hash, timeMs, base } = first;
  const rest = { packs: [], backupCount: 1, dropped: [] };
  await manifests.publish(timeMs, () => ({
    bases: [base],
    tailSlot: slot + 1,
    headBeforeTail: { slot, hash },
    ...rest,
  }));
  return links.slice(1);
}
