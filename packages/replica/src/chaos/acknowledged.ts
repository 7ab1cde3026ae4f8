import type { Content } from "./content.ts";
import type { Instance } from "./instance.ts";
import type { Done } from "./workload.ts";

export type Acknowledged = Done & {
  readonly atMs: number;
  readonly epoch: number;
  /** Whether it must survive: the mode in force promised it, or the configured one did and the target has no faults. */
  readonly isPromised: boolean;
  readonly instance: Instance;
};

/** @param isTargetHealthy then falling back to async is wrong, and the configured promise still holds */
export function acknowledgedOf(instances: readonly Instance[], isTargetHealthy: boolean): Acknowledged[] {
  return instances.flatMap((instance) =>
    instance.acknowledged.flatMap(({ atMs, epoch, durability, done }) => {
      const isPromised = (isTargetHealthy ? instance.orders.durability : durability) !== "async";
      return done.map((deed) => ({ ...deed, atMs, epoch, isPromised, instance }));
    }),
  );
}

/**
 * The acknowledged operations that a database lost. A row must have its last acknowledged state, or a later one that was only
 * tried.
 * @param trying changes and removals that were begun
 */
export function lostOf(
  acknowledged: readonly Acknowledged[],
  instances: readonly Instance[],
  rows: Content,
): Acknowledged[] {
  const last = new Map<number, Acknowledged>();
  for (const deed of acknowledged) {
    const known = last.get(deed.id);
    if (known === undefined || known.version < deed.version) last.set(deed.id, deed);
  }
  const removalTried = new Map<number, number>();
  for (const { trying } of instances) {
    for (const { op, id, version } of trying.flatMap(({ operations }) => operations)) {
      if (op === "delete") removalTried.set(id, version);
    }
  }
  return [...last.values()].filter(({ id, op, version }) => {
    const row = rows.get(id);
    if (op === "delete") return row !== undefined;
    if (row === undefined) return (removalTried.get(id) ?? 0) < version;
    return row.version < version;
  });
}

/**
 * Finds two primaries at once by the numbers: each operation has the next number of its database. The same number twice, or a
 * lower epoch after a higher one, means that one primary did not have what the other had promised.
 */
export function overlapsOf(acknowledged: readonly Acknowledged[]): string[] {
  const found: string[] = [];
  let before: Acknowledged | undefined;
  const promised = acknowledged.filter(({ isPromised }) => isPromised);
  for (const deed of [...promised].sort((left, right) => left.seq - right.seq || left.epoch - right.epoch)) {
    if (before !== undefined && before.seq === deed.seq)
      found.push(`operation ${deed.seq} was acknowledged in epochs ${before.epoch} and ${deed.epoch}`);
    else if (before !== undefined && before.epoch > deed.epoch)
      found.push(
        `operation ${deed.seq} was acknowledged in epoch ${deed.epoch}, ${before.seq} in epoch ${before.epoch}`,
      );
    before = deed;
  }
  return found;
}

/** How long before its instance ended or was replaced an operation was acknowledged, without time asleep. */
export function ageMs({ atMs, instance }: Acknowledged): number {
  const replacedMs = instance.roles.find((report) => report.atMs >= atMs && report.role !== "primary")?.atMs;
  const endMs = Math.min(replacedMs ?? Number.POSITIVE_INFINITY, instance.endedMs ?? Number.POSITIVE_INFINITY);
  const asleepMs = instance.pauses
    .map(({ fromMs, toMs }) => Math.min(toMs, endMs) - Math.max(fromMs, atMs))
    .reduce((sum, ms) => sum + Math.max(0, ms), 0);
  return Math.max(0, endMs - atMs - asleepMs);
}
