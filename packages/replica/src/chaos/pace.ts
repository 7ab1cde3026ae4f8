import { withConstants } from "../testing/constants.ts";

/**
 * Small times and sizes, so that an hour's events happen in ten seconds. Their order stays where it matters: a primary that was
 * asleep looks twice before anything that it may have missed is removed.
 */
const FAST = {
  "lease/lease.ts": {
    INTENT_POLL_MS: 150,
    OWNER_ANSWERS_WITHIN_MS: 1_000,
    ANSWER_POLL_MS: 50,
    INTENT_REPEAT_MS: 300,
  },
  "instance.ts": { FOLLOW_MS: 150, HAND_OVER_POLL_MS: 30, COOL_DOWN_MS: 2_000, NOBODY_CAME_MS: 1_000 },
  "primary/primary.ts": { HAND_OVER_MS: 800 },
  "primary/ownership.ts": { STALLED_MS: 300 },
  "primary/local-log.ts": {
    CHECKPOINT_BYTES: 128 * 1_024,
    RESTART_BYTES: 1_024 * 1_024,
    OUTGROWN_BYTES: 1_024 * 1_024,
  },
  "primary/shipper.ts": { MAX_FLIGHT_BYTES: 512 * 1_024, STALE_AFTER_MS: 1_500 },
  "primary/maintenance.ts": {
    BASE_PACE: 5,
    PERIOD_MS: 100,
    PAUSE_AFTER_FAILURE_MS: 300,
    FIRST_SCRUB_MS: 1_500,
    SCRUB_PERIOD_MS: 3_000,
  },
  "compaction/compaction.ts": {
    FANOUT: 4,
    MAX_MERGE_BYTES: 512 * 1_024,
    MAX_PACK_BYTES: 2_048 * 1_024,
    MIN_DELTA_BYTES: 512 * 1_024,
    GRACE_MS: 6_000,
    MANIFEST_GRACE_MS: 8_000,
  },
  "standby/standby.ts": { MAX_SLOTS_BEHIND: 64 },
};

export function quicken(): void {
  withConstants(FAST);
}
