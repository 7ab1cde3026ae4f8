import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Durability } from "../status.ts";
import type { Weather } from "./faults.ts";
import { Instance } from "./instance.ts";
import { type Random, randomOf } from "./random.ts";
import type { Orders, Weakness } from "./reports.ts";

export const KINDS = ["kill", "resume", "freeze", "stutter", "overlap", "mixed"] as const;
export type Kind = (typeof KINDS)[number];

export type Plan = {
  readonly seed: number;
  readonly kind: Kind;
  readonly target: "folder" | "blob";
  readonly durability: Durability;
  readonly weather: Weather;
  readonly seconds: number;
  readonly weakness?: Weakness;
};

/** The blob service. */
export type BlobPlace = { readonly accountUrl: string; readonly connectionString: string };

export type Scene = {
  readonly plan: Plan;
  readonly folder: string;
  /** In the form that `openTarget` takes. */
  readonly target: string;
  readonly env: NodeJS.ProcessEnv;
  readonly instances: readonly Instance[];
  readonly counts: Counts;
  /** Problems during the run, besides the checker's. */
  readonly problems: readonly string[];
  readonly events: readonly string[];
};

type Counts = { kills: number; freezes: number; overlaps: number; stops: number; resumes: number };

type Action = "kill" | "kill-kept" | "nap" | "freeze" | "stutter" | "overlap" | "kill-both" | "stop";

const ACTIONS: Readonly<Record<Kind, readonly Action[]>> = {
  kill: ["kill", "kill", "kill-kept"],
  resume: ["kill-kept"],
  freeze: ["freeze", "freeze", "nap"],
  stutter: ["stutter"],
  overlap: ["overlap", "overlap", "kill-both", "stop"],
  mixed: ["kill", "kill-kept", "nap", "freeze", "freeze", "stutter", "overlap", "overlap", "kill-both", "stop"],
};

const MAX_ALIVE = 3;
/** An instance becomes the primary within this time, even with outages of the target. */
const WRITER_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 8_000;
const MAX_STARTS = 60;
/** A throttled process: how long it is stopped, how long it runs in between, and how often. */
const STUTTER = { stoppedMs: [1_500, 2_500], runningMs: [0, 11], times: [2, 5] } as const;

const WEATHERS: readonly Weather[] = ["fair", "rough", "rough", "stormy"];
const DURABILITIES: readonly Durability[] = ["semi-sync", "semi-sync", "sync", "async"];

/** Chooses a plan by seed. */
export function planOf(seed: number, fixed: Partial<Plan>): Plan {
  const random = randomOf(seed);
  return {
    seed,
    kind: random.pick(KINDS),
    target: random.pick(["folder", "blob"]),
    durability: random.pick(DURABILITIES),
    weather: random.pick(WEATHERS),
    seconds: 6,
    ...fixed,
  };
}

/** Starts, stops, kills and freezes instances by seed. None is left at the end. */
export async function play(plan: Plan, blob: BlobPlace | undefined): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), `chaos-${plan.seed}-`));
  const container = `chaos-${plan.seed}-${Date.now()}`;
  const target = plan.target === "blob" ? `${blob?.accountUrl}/${container}` : join(folder, "target");
  const env = blob === undefined ? {} : { AZURE_STORAGE_CONNECTION_STRING: blob.connectionString };
  const stage = new Stage(plan, folder, target, env);
  try {
    await stage.play();
  } finally {
    await stage.clear();
  }
  return stage;
}

export async function clean({ folder, plan, target }: Scene, blob: BlobPlace | undefined): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  if (plan.target !== "blob" || blob === undefined) return;
  const { BlobServiceClient } = await import("@azure/storage-blob");
  const service = BlobServiceClient.fromConnectionString(blob.connectionString);
  await service.getContainerClient(target.slice(target.lastIndexOf("/") + 1)).deleteIfExists();
}

class Stage implements Scene {
  readonly plan: Plan;
  readonly folder: string;
  readonly target: string;
  readonly env: NodeJS.ProcessEnv;
  readonly instances: Instance[] = [];
  readonly counts: Counts = { kills: 0, freezes: 0, overlaps: 0, stops: 0, resumes: 0 };
  readonly problems: string[] = [];
  readonly events: string[] = [];
  readonly #random: Random;
  #deadline = 0;
  #disks = 0;

  constructor(plan: Plan, folder: string, target: string, env: NodeJS.ProcessEnv) {
    this.plan = plan;
    this.folder = folder;
    this.target = target;
    this.env = env;
    this.#random = randomOf(plan.seed);
  }

  async play(): Promise<void> {
    // Often two find an empty target at the same time.
    if (this.plan.kind !== "resume" && this.#random.chance(0.4)) this.#start("at-once");
    await this.#writer(this.#start("at-once"));
    this.#deadline = performance.now() + this.plan.seconds * 1_000;
    while (performance.now() < this.#deadline && this.problems.length === 0 && this.instances.length < MAX_STARTS) {
      await sleep(this.#random.between(50, 900));
      const frozen = this.#alive().find(({ isFrozen }) => isFrozen);
      if (frozen !== undefined) {
        await this.#replace(frozen);
        continue;
      }
      const writer = this.#current();
      if (writer === undefined) await this.#writer(this.#start("at-once"));
      else await this.#act(this.#random.pick(ACTIONS[this.plan.kind]), writer);
      for (const extra of this.#alive().slice(0, -MAX_ALIVE)) await this.#kill(extra);
    }
    if (this.#random.chance(0.3)) await this.#stopAll();
  }

  async clear(): Promise<void> {
    for (const instance of this.instances) await this.#kill(instance);
    for (const { orders, killed, exitCode, failure } of this.instances) {
      if (failure !== undefined && !failure.expected) this.problems.push(`instance ${orders.number}: ${failure.error}`);
      else if (failure === undefined && !killed && exitCode !== 0)
        this.problems.push(`instance ${orders.number} ended with ${exitCode}`);
    }
  }

  async #act(action: Action, writer: Instance): Promise<void> {
    const random = this.#random;
    this.#note(`${action} while instance ${writer.orders.number} writes`);
    switch (action) {
      case "kill":
        await this.#kill(writer);
        return this.#writer(this.#start(random.pick(["ownerless", "at-once"])));
      case "kill-kept":
        await this.#kill(writer);
        this.counts.resumes++;
        return this.#writer(this.#start("at-once", writer.orders.folder));
      case "nap":
        this.counts.freezes++;
        writer.freeze();
        await sleep(random.between(50, 3_000));
        writer.thaw();
        return;
      case "freeze":
        return this.#freeze(writer);
      case "stutter":
        return this.#stutter(writer);
      case "overlap":
        this.counts.overlaps++;
        return this.#overlap(writer);
      case "kill-both": {
        const newcomer = this.#start("at-once");
        await newcomer.until(() => newcomer.role === "primary", random.between(100, 3_000));
        await Promise.all([this.#kill(writer), this.#kill(newcomer)]);
        return this.#writer(this.#start("at-once", random.chance(0.5) ? writer.orders.folder : undefined));
      }
      case "stop":
        this.counts.stops++;
        await writer.stop(STOP_LIMIT_MS);
        return this.#writer(this.#start("at-once", random.chance(0.5) ? writer.orders.folder : undefined));
    }
  }

  /** Another instance takes over, and then the frozen one resumes. */
  async #freeze(writer: Instance): Promise<void> {
    writer.freeze();
    await this.#replace(writer);
    const fate = this.#random.next();
    if (fate < 0.3) await this.#kill(writer);
    else if (fate < 0.6) await writer.stop(STOP_LIMIT_MS);
    // It asks for the database back, possibly while its copy is being restored.
    else if (fate < 0.8) writer.promote();
  }

  /** The primary is throttled while a second instance with traffic takes over. */
  async #stutter(writer: Instance): Promise<void> {
    const random = this.#random;
    const newcomer = this.#start("told");
    await newcomer.until(() => newcomer.role !== undefined, WRITER_LIMIT_MS);
    const times = random.between(...STUTTER.times);
    for (let time = 1; time <= times; time++) {
      this.counts.freezes++;
      writer.freeze();
      if (time === 1) newcomer.promote();
      await sleep(random.between(...STUTTER.stoppedMs));
      writer.thaw();
      await sleep(random.between(...STUTTER.runningMs));
    }
    // If it was fenced in the meantime, it is a standby and must be promoted again.
    if (!newcomer.hasEnded && newcomer.role !== "primary") newcomer.promote();
    await this.#writer(newcomer, true);
    await sleep(random.between(0, 1_000));
  }

  async #replace(frozen: Instance): Promise<void> {
    this.counts.freezes++;
    const newcomer = this.#start("at-once");
    await this.#writer(newcomer);
    const acknowledged = newcomer.acknowledged.length;
    await newcomer.until(() => newcomer.acknowledged.length > acknowledged, 2_000);
    await sleep(this.#random.between(0, 1_000));
    frozen.thaw();
    await sleep(this.#random.between(0, 1_500));
  }

  /** A new revision starts and takes over while the old one serves; then the old one is stopped. */
  async #overlap(writer: Instance): Promise<void> {
    const random = this.#random;
    const newcomer = this.#start("told");
    await newcomer.until(() => newcomer.role !== undefined, WRITER_LIMIT_MS);
    newcomer.promote();
    if (random.chance(0.3)) await sleep(random.between(0, 500));
    else await this.#writer(newcomer);
    const fate = random.next();
    if (fate < 0.5) await writer.stop(STOP_LIMIT_MS);
    else if (fate < 0.75) void writer.stop(STOP_LIMIT_MS);
    if (!newcomer.hasEnded) await this.#writer(newcomer);
  }

  #start(promote: Orders["promote"], disk?: string): Instance {
    const { plan, target, folder, env } = this;
    const { durability, weather, weakness } = plan;
    const random = this.#random;
    const orders: Orders = {
      number: this.instances.length + 1,
      seed: random.seed(),
      folder: disk ?? join(folder, `disk-${++this.#disks}`),
      target,
      durability,
      promote,
      clients: random.between(3, 12),
      weather,
      plainIntervalMs: random.pick([500, 3_000]),
      ...(weakness === undefined ? {} : { weakness }),
    };
    const instance = new Instance(orders, env);
    this.instances.push(instance);
    this.#note(`started instance ${orders.number} on ${orders.folder} (${promote}, pid ${instance.pid})`);
    return instance;
  }

  /**
   * Waits until an instance is the primary. If it could not start because of the target's faults, starts it again.
   * @param mayBeAnother whether another primary is fine as well
   */
  async #writer(first: Instance, mayBeAnother = first.orders.promote === "ownerless"): Promise<void> {
    const deadline = performance.now() + WRITER_LIMIT_MS;
    for (let instance = first; ; ) {
      const leftMs = deadline - performance.now();
      const isServed = () => mayBeAnother && this.#current() !== undefined;
      if (await instance.until(() => instance.role === "primary" || isServed(), leftMs)) return;
      if (leftMs <= 0) {
        this.problems.push(
          `instance ${instance.orders.number} did not become the writer in ${WRITER_LIMIT_MS / 1_000} s`,
        );
        return;
      }
      if (instance.failure !== undefined && !instance.failure.expected) return;
      if (this.instances.length >= MAX_STARTS) return;
      await sleep(this.#random.between(50, 300));
      instance = this.#start("at-once", this.#random.chance(0.5) ? instance.orders.folder : undefined);
    }
  }

  async #kill(instance: Instance): Promise<void> {
    if (instance.hasEnded) return;
    this.counts.kills++;
    await instance.kill();
  }

  async #stopAll(): Promise<void> {
    for (const instance of this.#alive()) {
      this.counts.stops++;
      await instance.stop(STOP_LIMIT_MS);
    }
  }

  #alive(): Instance[] {
    return this.instances.filter(({ hasEnded }) => !hasEnded);
  }

  #current(): Instance | undefined {
    return this.#alive().findLast(({ role, isFrozen }) => role === "primary" && !isFrozen);
  }

  #note(event: string): void {
    this.events.push(`${new Date().toISOString()} ${event}`);
  }
}
