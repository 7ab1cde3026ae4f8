import { RecordNewer } from "../log/record.ts";
import { ManifestNewer } from "../manifest/manifest.ts";
import { SnapshotNewer } from "../snapshot/snapshot.ts";
import type { Target } from "../target/target.ts";
import { PackReader } from "./pack-reader.ts";
import { ObjectTrouble, RestoreImpossible } from "./trouble.ts";

/** How often to look anew when something is missing: compaction may have removed it since the manifest was read. */
const LOOKS_ANEW = 3;

/** Keys of objects that cannot be used, and what is wrong with them. */
export type Avoided = ReadonlyMap<string, string>;

/**
 * Does something with a target's objects, and does it again when one of them is missing, or without it when it is damaged.
 * @throws RestoreImpossible when there is no other way
 */
export async function withOtherWays<Result>(
  target: Target,
  attempt: (avoid: Avoided, packs: PackReader) => Promise<Result>,
): Promise<Result> {
  const avoid = new Map<string, string>();
  const packs = new PackReader(target);
  for (let looks = 0; ; ) {
    try {
      return await attempt(avoid, packs);
    } catch (error) {
      if (error instanceof RecordNewer || error instanceof ManifestNewer || error instanceof SnapshotNewer) {
        throw new RestoreImpossible("newer-version", `${target.name}: ${error.message}.`, error);
      }
      if (!(error instanceof ObjectTrouble)) throw error;
      if (error.fault === "missing" && looks < LOOKS_ANEW) {
        looks++;
        continue;
      }
      if (!error.avoidable || avoid.has(error.key)) {
        throw new RestoreImpossible("damaged", `${target.name} is damaged: ${error.message}.`, error);
      }
      avoid.set(error.key, error.what);
    }
  }
}
