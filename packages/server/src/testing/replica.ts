import type { BackupStatus, Replica, ReplicaHost, ReplicaOptions, Target } from "@scimtool/replica";
import { NO_BACKUP } from "../backup/backup.ts";
import type { Environment } from "../replicated/replicated.ts";

/** A replica that ships nothing and is controlled by the test. */
export type FakeReplica = {
  /** For the application, with any backup target in its settings. */
  readonly environment: Environment;
  /** Events in order: "start", "promote", "changed", "close"; without commits that no response depends on. */
  readonly events: string[];
  /** The options that it was started with. */
  readonly options: () => ReplicaOptions;
  readonly host: () => ReplicaHost;
  /** The log lines. */
  readonly lines: string[];
  role: Replica["role"];
  promote: () => Promise<void>;
  durable: Replica["durable"];
  refusal: Replica["refusal"];
  status: BackupStatus;
  backupNow: Replica["backupNow"];
  close: Replica["close"];
  /** Reports that the previous primary does not respond. */
  readonly loseOwner: () => void;
};

export const FAKE_STATUS: BackupStatus = {
  backupCount: 7,
  lastBackupTime: "2026-08-01T12:00:00.000Z",
  lastBackupSucceeded: true,
  lastError: "the target did not answer",
  mode: "directory",
  target: "/mnt/backup",
  durability: { configured: "semi-sync", inForce: "async" },
  role: "primary",
  epoch: 3,
  lag: { ms: 1_500, commits: 4, bytes: 81_920 },
  targetLatencyMs: { p50: 12, p99: 48 },
  errors: 5,
  walBytes: 1_048_576,
  lastPlainCopy: { time: "2026-08-01T11:58:00.000Z", succeeded: true },
  lastSnapshot: { time: "2026-08-01T11:00:00.000Z", ageMs: 3_600_000, bytes: 9_000_000, durationMs: 400 },
  restorePathObjects: 17,
  lastRestore: { time: "2026-08-01T10:00:00.000Z", durationMs: 700, verdict: "ok", objects: 16, bytes: 8_000_000 },
  lastScrub: { time: "2026-08-01T09:00:00.000Z", durationMs: 900, verdict: "replica/snap/1 is damaged" },
  restorable: { oldest: "2026-07-25T12:00:00.000Z", newest: "2026-08-01T12:00:01.000Z" },
  restoredFrom: {
    kind: "target",
    slot: 99,
    time: "2026-08-01T08:00:00.000Z",
    objects: 15,
    bytes: 7_000_000,
    durationMs: 600,
  },
  clock: { aheadOfTargetMs: 20, jumpedMs: 0, isTrusted: true },
  shipped: { segments: 120, bytes: 3_000_000, commits: 450 },
};

/** @param promotable whether it may be promoted before the server listens */
export function fakeReplica(promotable: Replica["promotable"] = "at-once"): FakeReplica {
  const { promise: ownerless, resolve: loseOwner } = Promise.withResolvers<void>();
  let options: ReplicaOptions | undefined;
  const started = (): ReplicaOptions => {
    if (options === undefined) throw new Error("the replica was not started");
    return options;
  };
  const events: string[] = [];
  const lines: string[] = [];
  const fake: FakeReplica = {
    environment: {
      log: (level, line) => lines.push(`${level}: ${line}`),
      replica: {
        openTarget: (text) => {
          if (text === "impossible") throw new Error("it is impossible.");
          return {
            name: text,
            kind: "directory",
            read: async () => undefined,
            list: async () => [],
          } as unknown as Target;
        },
        startReplica: async (given) => {
          options = given;
          events.push("start");
          return {
            get role() {
              return fake.role;
            },
            promotable,
            ownerless,
            promote: () => {
              events.push("promote");
              return fake.promote();
            },
            changed: (isAwaited = true) => {
              if (isAwaited) events.push("changed");
            },
            durable: (remote) => fake.durable(remote),
            refusal: () => fake.refusal(),
            backupNow: () => fake.backupNow(),
            status: () => fake.status,
            close: (deadlineMs) => {
              events.push("close");
              return fake.close(deadlineMs);
            },
          };
        },
      },
    },
    events,
    lines,
    options: started,
    host: () => started().host,
    role: "standby",
    promote: async () => undefined,
    durable: () => undefined,
    refusal: () => undefined,
    status: { ...NO_BACKUP, mode: "directory", target: "fake" },
    backupNow: async () => fake.status,
    close: async () => undefined,
    loseOwner,
  };
  return fake;
}

/** Makes responses wait from now on. */
export function holdAnswersOf(replica: FakeReplica) {
  const [asked, durable] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  replica.durable = () => {
    asked.resolve();
    return durable.promise;
  };
  return {
    /** Resolves when the first response waits. */
    held: asked.promise,
    release: durable.resolve,
    fail: durable.reject,
  };
}
