import { isObject, type JsonObject, newReading, PATCH_SCHEMA, type ResourceModel, ScimError } from "@scimtool/scim";
import { adoptResource } from "../directory/adopt.ts";
import { type Directory, newTiming, type Subject } from "../directory/context.ts";
import { getResource, modifyResource } from "../directory/directory.ts";
import type { ServedEndpoint } from "../endpoint/served-endpoint.ts";
import { yieldToEventLoop } from "../event-loop.ts";
import type { Served } from "../http/serving.ts";
import type { SecretNames } from "../monitor/redact/secret-names.ts";
import { attributesOf } from "../store/resource-body.ts";
import type { EarlierDatabase, EarlierMembership, EarlierResource } from "./earlier-database.ts";
import { exchangeOf } from "./logs.ts";

/** Simultaneous writes; they share commits. */
const PARALLEL = 64;
/** Members that one change adds to a group. */
const MEMBERS_PER_CHANGE = 1_000;
const EXCHANGES_PER_TRANSACTION = 128;
const DAY_MS = 86_400_000;

const ENTERPRISE_USER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const ORIGIN = { exchange: undefined, actor: { credential: "scimtool import", dialect: "unknown" } } as const;

export type ImportReport = {
  readonly users: Taken;
  readonly groups: Taken;
  readonly memberships: Taken;
  readonly exchanges: { taken: number; tooOld: number; notOlder: number };
  /** Data that could not be imported, a line each. */
  readonly notImported: string[];
};

/** `existed`: they were already here, for example after an interrupted import. */
type Taken = { taken: number; existed: number };

/**
 * Imports users, groups, memberships and request logs. Existing ones stay unchanged, so it can be repeated.
 * @param progress called with the number of processed rows
 * @throws StoreUnavailable, EndpointChanged
 */
export async function importInto(
  { directory, recorder }: Pick<Served, "directory" | "recorder">,
  endpoint: ServedEndpoint,
  source: EarlierDatabase,
  progress: (done: number) => void,
): Promise<ImportReport> {
  const run = new Import(directory, endpoint, progress);
  await run.resources(source.users(), "User", run.report.users);
  await run.managers();
  await run.resources(source.groups(), "Group", run.report.groups);
  await run.memberships(source.memberships());
  await run.exchanges(source, recorder.secretNamesOf(endpoint));
  return run.report;
}

class Import {
  readonly report: ImportReport = {
    users: { taken: 0, existed: 0 },
    groups: { taken: 0, existed: 0 },
    memberships: { taken: 0, existed: 0 },
    exchanges: { taken: 0, tooOld: 0, notOlder: 0 },
    notImported: [],
  };
  readonly #directory: Directory;
  readonly #endpoint: ServedEndpoint;
  readonly #progress: (done: number) => void;
  /** Users with a manager, and the manager's ID: set when all users exist. */
  readonly #managers = new Map<string, string>();
  #done = 0;

  constructor(directory: Directory, endpoint: ServedEndpoint, progress: (done: number) => void) {
    this.#directory = directory;
    this.#endpoint = endpoint;
    this.#progress = progress;
  }

  async resources(rows: Iterable<EarlierResource>, type: "User" | "Group", taken: Taken): Promise<void> {
    const model = this.#model(type);
    await inParallel(rows, async (row) => {
      const { name, ...resource } = row;
      const what = `${type} "${name}" (${row.id})`;
      try {
        const { body, managerId } = takeManager(resource.body);
        const { existed, refused } = await adoptResource(this.#directory, this.#subject(model), { ...resource, body });
        taken[existed ? "existed" : "taken"]++;
        if (managerId !== undefined) this.#managers.set(row.id, managerId);
        if (!existed) for (const { path, detail } of refused) this.#miss(`${what}, ${path}: ${detail}`);
      } catch (error) {
        if (!(error instanceof ScimError)) throw error;
        this.#miss(`${what}: ${error.detail}`);
      }
      this.#step(1);
    });
  }

  async managers(): Promise<void> {
    const subject = this.#subject(this.#model("User"));
    await inParallel(this.#managers, async ([id, managerId]) => {
      const stored = await getResource(this.#directory, subject, id, { groups: false, members: false }).catch(
        () => undefined,
      );
      if (stored === undefined) return;
      const { [ENTERPRISE_USER]: extension } = attributesOf(stored);
      if (isObject(extension) && extension["manager"] !== undefined) return;
      const known = await this.#known([managerId]);
      if (!known.has(managerId)) return this.#miss(`Manager ${managerId} of user ${id}: there is no such user`);
      await this.#modify(subject.model, id, `${ENTERPRISE_USER}:manager`, { value: managerId });
    });
  }

  async memberships(rows: Iterable<EarlierMembership>): Promise<void> {
    let group: { id: string; members: string[] } | undefined;
    for (const { groupId, memberId } of rows) {
      if (group !== undefined && (group.id !== groupId || group.members.length === MEMBERS_PER_CHANGE)) {
        await this.#addMembers(group);
        group = undefined;
      }
      group ??= { id: groupId, members: [] };
      group.members.push(memberId);
    }
    if (group !== undefined) await this.#addMembers(group);
  }

  async #addMembers({ id, members }: { readonly id: string; readonly members: readonly string[] }): Promise<void> {
    const { taken } = this.report.memberships;
    const known = await this.#known([id, ...members]);
    const present = [...new Set(members)].filter((member) => known.has(member) && known.has(id));
    for (const member of members.filter((each) => !known.has(each))) {
      this.#miss(`Member ${member || "without an ID"} of group ${id}: there is no such user or group`);
    }
    if (present.length > 0) {
      const value = present.map((member) => ({ value: member }));
      const added = await this.#modify(this.#model("Group"), id, "members", value);
      this.report.memberships.taken = taken + added;
      this.report.memberships.existed += present.length - added;
    }
    this.#step(members.length);
  }

  async exchanges(source: EarlierDatabase, names: SecretNames): Promise<void> {
    const { store, now } = this.#directory;
    const { monitor } = store;
    const { exchanges: counts } = this.report;
    const oldestMs = now() - this.#endpoint.settings.retention.exchanges.maxAgeDays * DAY_MS;
    let batch: ReturnType<typeof exchangeOf>[] = [];
    const write = async () => {
      const exchanges = batch;
      batch = [];
      const recorded = await store.inBackground((transaction) =>
        monitor.exchanges.recordEarlier(transaction, exchanges),
      );
      counts.taken += recorded;
      counts.notOlder += exchanges.length - recorded;
      this.#step(exchanges.length);
      await yieldToEventLoop();
    };
    let [atMs, nth] = [Number.POSITIVE_INFINITY, 0];
    for (const logged of source.exchanges(now())) {
      if (logged.atMs < oldestMs) {
        counts.tooOld++;
        this.#step(1);
        continue;
      }
      // The newest come first, also within a millisecond.
      nth = logged.atMs === atMs ? Math.max(0, nth - 1) : LAST_OF_MS;
      atMs = logged.atMs;
      batch.push(exchangeOf(logged, nth, this.#endpoint, names));
      if (batch.length === EXCHANGES_PER_TRANSACTION) await write();
    }
    if (batch.length > 0) await write();
  }

  #known(ids: readonly string[]) {
    const { store } = this.#directory;
    return store.resources.references(store.committed, this.#endpoint.key, ids);
  }

  /** @returns how many values were added to a collection */
  async #modify(model: ResourceModel, id: string, path: string, value: JsonObject | JsonObject[]): Promise<number> {
    const body = { schemas: [PATCH_SCHEMA], Operations: [{ op: "add", path, value }] };
    try {
      const { written } = await modifyResource(this.#directory, this.#subject(model), {
        id,
        body,
        preconditions: undefined,
      });
      return written.changes.reduce((sum, change) => sum + (change.kind === "collection" ? change.added.length : 0), 0);
    } catch (error) {
      if (!(error instanceof ScimError)) throw error;
      this.#miss(`${path} of ${id}: ${error.detail}`);
      return 0;
    }
  }

  #model(type: string): ResourceModel {
    const model = this.#endpoint.models.find((each) => each.type.name === type);
    if (model === undefined) throw new Error(`the endpoint ${this.#endpoint.name} has no resource type ${type}`);
    return model;
  }

  /** Old data is read with every tolerance, whatever the endpoint's profile is. */
  #subject(model: ResourceModel): Subject {
    const reading = newReading("tolerant");
    return { endpoint: this.#endpoint, model, locations: new Map(), reading, origin: ORIGIN, timing: newTiming() };
  }

  #miss(line: string): void {
    this.report.notImported.push(line);
  }

  #step(rows: number): void {
    this.#done += rows;
    this.#progress(this.#done);
  }
}

/** The highest number of an exchange ID within a millisecond. */
const LAST_OF_MS = 4_095;

/** Managers may come after their reports, so they are set later. */
function takeManager(body: JsonObject): { body: JsonObject; managerId: string | undefined } {
  const { [ENTERPRISE_USER]: extension } = body;
  if (!isObject(extension) || extension["manager"] === undefined) return { body, managerId: undefined };
  const { manager, ...rest } = extension;
  const id = isObject(manager) ? manager["value"] : manager;
  return {
    body: { ...body, [ENTERPRISE_USER]: rest },
    managerId: typeof id === "string" && id !== "" ? id : undefined,
  };
}

async function inParallel<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}
