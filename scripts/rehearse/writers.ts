import { setTimeout as delay } from "node:timers/promises";
import { type Answer, type Client, clientOf } from "../../packages/server/src/testing/client.ts";
import type { Program } from "../../packages/server/src/testing/program.ts";
import { user } from "../../packages/server/src/testing/scim-bodies.ts";

const RETRY_MS = 50;

/** Maximum time for one write. */
const GIVE_UP_MS = 60_000;

const PAGE_SIZE = 1_000;

/** The version of a user that was deleted. */
const DELETED = 1_000;

/** What was acknowledged about a user. Versions count from 0, which is its creation. */
export type Told = {
  /** Last acknowledged version. */
  acknowledged: number;
  /** Last version that was sent. */
  sent: number;
};

export type Tally = { readonly acknowledged: number; readonly longestPauseMs: number };

/** Clients that write all the time, each with one request at a time, to the servers that get traffic. */
export class Writers {
  readonly #told = new Map<string, Told>();
  readonly #secret: string;
  readonly #clients = new Map<Program, Client>();
  #routes: readonly Program[] = [];
  #isWriting = false;
  #writing: Promise<unknown> = Promise.resolve();
  #users = 0;
  #acknowledged = 0;
  #longestPauseMs = 0;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** Sends all further requests to these servers, as an ingress does. */
  route(...programs: Program[]): void {
    this.#routes = programs;
  }

  start(count: number): void {
    this.#isWriting = true;
    this.#writing = Promise.all(Array.from({ length: count }, () => this.#write()));
    // The caller that pauses them gets the error.
    this.#writing.catch(() => undefined);
  }

  /** Lets every client finish its write, so that none is in progress. */
  async pause(): Promise<void> {
    this.#isWriting = false;
    await this.#writing;
  }

  /** What happened since the last call. */
  takeTally(): Tally {
    const tally = { acknowledged: this.#acknowledged, longestPauseMs: this.#longestPauseMs };
    this.#acknowledged = this.#longestPauseMs = 0;
    return tally;
  }

  /** The current knowledge of the clients. */
  told(): Map<string, Told> {
    return new Map([...this.#told].map(([name, told]) => [name, { ...told }]));
  }

  /** The server was set back to this knowledge: later acknowledgements no longer count. */
  goBackTo(then: ReadonlyMap<string, Told>): void {
    for (const [name, told] of this.#told) told.acknowledged = then.get(name)?.acknowledged ?? -1;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  /** Reported losses are not reported again. */
  forgetLosses(names: readonly string[], versions: ReadonlyMap<string, number>): void {
    for (const name of names) {
      const told = this.#told.get(name);
      if (told !== undefined) told.acknowledged = told.sent = versions.get(name) ?? -1;
    }
  }

  async #write(): Promise<void> {
    while (this.#isWriting) {
      const number = this.#users++;
      const told = { acknowledged: -1, sent: 0 };
      this.#told.set(`user-${number}`, told);
      try {
        await this.#live(number, told);
      } catch (error) {
        if (!(error instanceof UserIsGone)) throw error;
        told.sent = told.acknowledged;
      }
    }
  }

  /** Creates a user, changes it some times, and deletes every third. @throws UserIsGone */
  async #live(number: number, told: Told): Promise<void> {
    const id = await this.#acknowledge(told, 0, (client) => createUser(client, `user-${number}`));
    for (let version = 1; version <= 3 && this.#isWriting; version++) {
      const change = [{ op: "replace", path: "title", value: String(version) }];
      await this.#acknowledge(told, version, (client) => accepted(client.patch(`/Users/${id}`, change), 200));
    }
    if (number % 3 === 0 && this.#isWriting) {
      // 404 after an attempt without a response: that attempt deleted it.
      await this.#acknowledge(told, DELETED, (client, isRepeated) =>
        accepted(client.delete(`/Users/${id}`), 204, ...(isRepeated ? [404] : [])),
      );
    }
  }

  /** Repeats a write until it is acknowledged. */
  async #acknowledge<T>(
    told: Told,
    version: number,
    write: (client: Client, isRepeated: boolean) => Promise<T | undefined>,
  ): Promise<T> {
    told.sent = version;
    const startMs = performance.now();
    for (let attempt = 1; performance.now() - startMs < GIVE_UP_MS; attempt++) {
      const program = this.#routes[Math.floor(Math.random() * this.#routes.length)];
      const result = program === undefined ? undefined : await write(this.#clientOf(program), attempt > 1);
      if (result !== undefined) {
        told.acknowledged = version;
        this.#acknowledged++;
        this.#longestPauseMs = Math.max(this.#longestPauseMs, performance.now() - startMs);
        return result;
      }
      await delay(RETRY_MS);
    }
    throw new Error(`A write was not acknowledged within ${GIVE_UP_MS / 1_000} s.`);
  }

  #clientOf(program: Program): Client {
    const client = this.#clients.get(program) ?? clientOf(program.baseUrl, this.#secret);
    this.#clients.set(program, client);
    return client;
  }
}

/** The server does not know a user whose creation it acknowledged. */
class UserIsGone extends Error {}

/** @returns its ID; undefined if the request must be repeated */
async function createUser(client: Client, userName: string): Promise<string | undefined> {
  const answer = await accepted(client.post("/Users", user(userName, { title: "0" })), 201, 409);
  if (answer?.status !== 409) return answer?.body.id;
  // An earlier attempt, whose response was lost, has created it.
  const found = await accepted(client.get(`/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`), 200);
  return found?.body.Resources[0]?.id;
}

/**
 * @returns undefined if the request must be repeated: no response, or 503
 * @throws UserIsGone for 404; Error for another unexpected response
 */
async function accepted(sent: Promise<Answer>, ...statuses: number[]): Promise<Answer | undefined> {
  const answer = await sent.catch(() => undefined);
  if (answer === undefined || answer.status === 503) return undefined;
  if (statuses.includes(answer.status)) return answer;
  if (answer.status === 404) throw new UserIsGone();
  throw new Error(`Expected ${statuses.join(" or ")}, got ${answer.status}: ${answer.text}`);
}

/** @returns the version of each user on a server */
export async function usersOf({ baseUrl }: Program, secret: string): Promise<Map<string, number>> {
  const client = clientOf(baseUrl, secret);
  const versions = new Map<string, number>();
  try {
    for (let total = 1; versions.size < total; ) {
      const page = await client.get(
        `/Users?startIndex=${versions.size + 1}&count=${PAGE_SIZE}&attributes=userName,title`,
      );
      if (page.status !== 200) throw new Error(`${page.status}: ${page.text}`);
      for (const { userName, title } of page.body.Resources) versions.set(userName, Number(title));
      total = page.body.totalResults;
    }
    return versions;
  } finally {
    client.close();
  }
}

/** @returns users whose acknowledged write is missing on a server */
export function lostOf(told: ReadonlyMap<string, Told>, versions: ReadonlyMap<string, number>): string[] {
  return [...told].filter(([name, of]) => versionOf(name, of, versions) < of.acknowledged).map(([name]) => name);
}

/** @returns users with an unacknowledged write */
export function newerThan(told: ReadonlyMap<string, Told>, versions: ReadonlyMap<string, number>): string[] {
  const known = [...told].filter(([name, of]) => versionOf(name, of, versions) > of.acknowledged).map(([name]) => name);
  return [...known, ...[...versions.keys()].filter((name) => !told.has(name))];
}

function versionOf(name: string, { sent }: Told, versions: ReadonlyMap<string, number>): number {
  return versions.get(name) ?? (sent === DELETED ? DELETED : -1);
}
