import { timeText } from "../errors.ts";
import { localStates, stateKey } from "../local/resume.ts";
import type { Sidecar } from "../local/sidecar.ts";
import { newestManifest } from "../manifest/manifest.ts";
import { withOtherWays } from "../restore/objects.ts";
import type { Plan } from "../restore/plan.ts";
import type { Target } from "../target/target.ts";

/** A local file that lost its last seconds in a power failure equals a state in the newest packs. */
const MAX_PACKS = 64;

/**
 * Whether the target was set back to an earlier state, for example a share snapshot: nobody has written to it since this
 * file's primary, but it lacks changes of that primary. A file that lost its own last changes, as in a power failure,
 * equals an earlier state that the target has.
 * @param sidecar of a file of the target's database that cannot continue from where the target ends
 * @throws TargetError when the target does not answer
 */
export async function isSetBack(target: Target, file: string, sidecar: Sidecar, plan: Plan): Promise<boolean> {
  const { maxEpoch, owner } = plan;
  const isOwn = owner === undefined || owner === sidecar.writer || owner === sidecar.claim;
  if (maxEpoch > sidecar.epoch || (maxEpoch === sidecar.epoch && !isOwn)) return false;
  const states = await localStates(file, plan.point.pageSize);
  return !(await hasOneOf(target, plan, states));
}

async function hasOneOf(target: Target, { base, slots, passedBases }: Plan, states: Set<string>): Promise<boolean> {
  const { manifest } = await newestManifest(target);
  const links = slots.map(({ record }) => record);
  if ([base, ...passedBases, ...(manifest?.bases ?? []), ...links].some((state) => states.has(stateKey(state)))) {
    return true;
  }
  return withOtherWays(target, async (avoid, reader) => {
    for (const pack of (manifest?.packs ?? []).slice(-MAX_PACKS).reverse()) {
      if (avoid.has(pack.key)) continue;
      for await (const part of reader.parts(pack, await reader.read(pack))) {
        if (states.has(stateKey(part))) return true;
      }
    }
    return false;
  });
}

/** What a person can do about it. */
export function setBackMessage(targetName: string, file: string, { point }: Plan): string {
  return (
    `${targetName} was set back: it ends at ${timeText(point.timeMs)}, and ${file}, which was replicated to it, has other changes. ` +
    `Put the newer objects back, then start again; or move the local file away to continue with the state of ${timeText(point.timeMs)}; ` +
    "or start with --init to continue with the local file (what is at the target stays restorable)."
  );
}
