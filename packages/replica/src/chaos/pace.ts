import { registerHooks } from "node:module";

/**
 * Times and sizes of the engine, made small: in ten seconds there happens what else takes an hour. How they compare with
 * each other stays as it is where it matters: a writer that was asleep looks twice before anything that it may have
 * missed is removed.
 */
const FAST: readonly (readonly [file: string, constant: string, value: number])[] = [
  ["lease/hand-over.ts", "INTENT_POLL_MS", 150],
  ["lease/hand-over.ts", "OWNER_ANSWERS_WITHIN_MS", 1_000],
  ["lease/hand-over.ts", "ANSWER_POLL_MS", 50],
  ["lease/hand-over.ts", "INTENT_REPEAT_MS", 300],
  ["instance.ts", "FOLLOW_MS", 150],
  ["instance.ts", "HAND_OVER_POLL_MS", 30],
  ["instance.ts", "COOL_DOWN_MS", 2_000],
  ["instance.ts", "NOBODY_CAME_MS", 1_000],
  ["primary/primary.ts", "CHECKPOINT_BYTES", 128 * 1_024],
  ["primary/primary.ts", "RESTART_BYTES", 1_024 * 1_024],
  ["primary/primary.ts", "OUTGROWN_BYTES", 1_024 * 1_024],
  ["primary/primary.ts", "HAND_OVER_MS", 800],
  ["primary/shipper.ts", "MAX_FLIGHT_BYTES", 512 * 1_024],
  ["primary/shipper.ts", "STALE_AFTER_MS", 1_500],
  ["primary/maintenance.ts", "PERIOD_MS", 100],
  ["primary/maintenance.ts", "PAUSE_AFTER_FAILURE_MS", 300],
  ["primary/maintenance.ts", "FIRST_SCRUB_MS", 1_500],
  ["primary/maintenance.ts", "SCRUB_PERIOD_MS", 3_000],
  ["compaction/compaction.ts", "FANOUT", 4],
  ["compaction/compaction.ts", "MAX_MERGE_BYTES", 512 * 1_024],
  ["compaction/compaction.ts", "MIN_DELTA_BYTES", 512 * 1_024],
  ["compaction/retention.ts", "GRACE_MS", 6_000],
  ["compaction/retention.ts", "MANIFEST_GRACE_MS", 8_000],
  ["standby/standby.ts", "MAX_SLOTS_BEHIND", 64],
];

/**
 * Changes the engine's constants as its files are loaded by this process from now on.
 * @throws Error (on loading a file) when it has no such constant any more
 */
export function quicken(): void {
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const changes = FAST.filter(([file]) => url.endsWith(`/replica/src/${file}`));
      if (changes.length === 0) return loaded;
      let source = String(loaded.source);
      for (const [file, constant, value] of changes) {
        const definition = new RegExp(`const ${constant} = [^;]+;`);
        if (!definition.test(source)) throw new Error(`${file} has no constant ${constant}; look at chaos/pace.ts.`);
        source = source.replace(definition, `const ${constant} = ${value};`);
      }
      return { ...loaded, source };
    },
  });
}
