import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type { ReplicaListener, ReplicaMessage, Replicas } from "../replicas.ts";
import { explained, isSilence, isWithoutRoom } from "./failures.ts";
import { ACCESS_CHANNEL, RECORDED_CHANNEL } from "./migrations/notifications.ts";
import { RUNNING_LOCK } from "./migrations.ts";
import { connect, type Server } from "./server.ts";

/** Messages of replicas to each other. */
const MESSAGE_CHANNEL = "scimtool_message";

/** Exchange IDs per millisecond are shared among this many processes. Their number comes from a sequence. */
const SLOTS = 64;

/** Advisory lock of the replica that does background work; see also `endpoints.ts` and `migrations.ts`. */
const LEADER_LOCK = "2, 0";

/** How often a lost connection is made again, and how often one that is silent is checked. */
const RECONNECT_MS = 1_000;
const CHECK_MS = 2_000;

/** How long a stop waits until the database closes the connection. */
const END_MS = 1_000;

/** When changed settings could not be read. */
const RELOAD_MS = 200;

/** Settings after which a connection that does not answer counts as lost. */
const TIMEOUTS = { connectionTimeoutMillis: 5_000, query_timeout: 5_000, keepAlive: true };

/** Why the database cannot be used now. */
export type DatabaseProblem = {
  readonly text: string;
  /** Whether connections that are open may still work. */
  readonly isPartial: boolean;
};

export type DatabaseWatcher = {
  /** Called when the database cannot be used any more, and when it can again. */
  readonly onProblem: (problem: DatabaseProblem | undefined) => void;
  /** An open connection gets no answer. So perhaps no other does, although none was closed. */
  readonly onSilence: () => void;
};

/** Hears of what other replicas commit, on a connection of its own. While that is lost, everything may have changed. */
export class Listener implements Omit<Replicas, "oneAtATime"> {
  readonly slot: number;
  readonly slots = SLOTS;
  readonly serverVersion: string;
  readonly #server: Server;
  readonly #watcher: DatabaseWatcher;
  readonly #sender = randomUUID();
  #listener: ReplicaListener | undefined;
  #client: pg.Client | undefined;
  #problem: DatabaseProblem | undefined;
  #isLeader = false;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #isOutdated = false;
  #isReloading = false;

  private constructor(server: Server, watcher: DatabaseWatcher, slot: number, serverVersion: string) {
    this.#server = server;
    this.#watcher = watcher;
    this.slot = slot;
    this.serverVersion = serverVersion;
  }

  static async open(server: Server, watcher: DatabaseWatcher): Promise<Listener> {
    const client = await connect(server, { application_name: "scimtool listener", ...TIMEOUTS });
    try {
      const { rows } = await client.query(
        `SELECT (nextval('process_number') % ${SLOTS})::int AS slot, current_setting('server_version') AS version`,
      );
      const listener = new Listener(server, watcher, rows[0].slot, rows[0].version);
      await listener.#connect();
      return listener;
    } finally {
      await client.end();
    }
  }

  listen(listener: ReplicaListener): void {
    this.#listener = listener;
    this.#missed();
  }

  tell(message: ReplicaMessage): void {
    const text = JSON.stringify({ sender: this.#sender, message });
    this.#client?.query("SELECT pg_notify($1, $2)", [MESSAGE_CHANNEL, text]).catch(() => undefined);
  }

  /** The lock belongs to the connection, so another replica gets it when this one has lost its connection. */
  async lead(): Promise<boolean> {
    const client = this.#client;
    if (client === undefined || this.#isLeader) return this.#isLeader;
    const { rows } = await client.query(`SELECT pg_try_advisory_lock(${LEADER_LOCK}) AS got`).catch((error) => {
      throw explained(error);
    });
    if (client !== this.#client) return false;
    this.#isLeader = rows[0].got;
    return this.#isLeader;
  }

  async close(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    await Promise.race([client?.end(), sleep(END_MS, undefined, { ref: false })]);
  }

  async #connect(): Promise<void> {
    const client = await connect(this.#server, { application_name: "scimtool listener", ...TIMEOUTS });
    const lost = () => this.#lost(client);
    client.on("error", lost);
    client.on("end", lost);
    client.on("notification", ({ channel, payload }) => this.#heard(channel, payload));
    try {
      await client.query(`SELECT pg_advisory_lock_shared(${RUNNING_LOCK})`);
      await client.query(`LISTEN ${ACCESS_CHANNEL}; LISTEN ${RECORDED_CHANNEL}; LISTEN ${MESSAGE_CHANNEL}`);
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    this.#after(CHECK_MS, () => this.#check(client));
  }

  #after(ms: number, run: () => Promise<void>): void {
    clearTimeout(this.#timer);
    if (!this.#isStopped) this.#timer = setTimeout(() => void run(), ms).unref();
  }

  async #check(client: pg.Client): Promise<void> {
    try {
      await client.query("SELECT 1");
      this.#after(CHECK_MS, () => this.#check(client));
    } catch (error) {
      if (client !== this.#client) return;
      this.#lost(client);
      if (!isSilence(error)) return;
      this.#report({ text: `${this.#server.address.host} does not answer`, isPartial: false });
      this.#watcher.onSilence();
    }
  }

  #report(problem: DatabaseProblem | undefined): void {
    const isChange = (problem === undefined) !== (this.#problem === undefined);
    this.#problem = problem;
    if (isChange && !this.#isStopped) this.#watcher.onProblem(problem);
  }

  #lost(client: pg.Client): void {
    if (client !== this.#client) return;
    this.#client = undefined;
    this.#isLeader = false;
    client.end().catch(() => undefined);
    this.#after(RECONNECT_MS, () => this.#reconnect());
  }

  async #reconnect(): Promise<void> {
    try {
      await this.#connect();
      this.#report(undefined);
    } catch (error) {
      const { message, cause } = error as Error;
      this.#report({ text: message, isPartial: isWithoutRoom(cause) });
      this.#after(RECONNECT_MS, () => this.#reconnect());
    }
    // The pool may have connections, even if there is none for this.
    if (!this.#isStopped) this.#missed();
  }

  #missed(): void {
    void this.#reload();
    this.#listener?.onRecorded();
  }

  /** Many changes in a short time are read together, after the last of them. */
  async #reload(): Promise<void> {
    this.#isOutdated = true;
    if (this.#isReloading) return;
    this.#isReloading = true;
    while (this.#isOutdated && !this.#isStopped) {
      this.#isOutdated = false;
      try {
        await this.#listener?.onAccessChanged();
      } catch {
        this.#isOutdated = true;
        await sleep(RELOAD_MS, undefined, { ref: false });
      }
    }
    this.#isReloading = false;
  }

  #heard(channel: string, payload = ""): void {
    if (channel === ACCESS_CHANNEL) void this.#reload();
    else if (channel === RECORDED_CHANNEL) this.#listener?.onRecorded();
    else {
      const { sender, message } = JSON.parse(payload) as { sender: string; message: ReplicaMessage };
      if (sender !== this.#sender) this.#listener?.onMessage(message);
    }
  }
}
