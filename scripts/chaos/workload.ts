import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../packages/replica/src/chaos/random.ts";
import type { Ending, Entry, Found } from "./ledger.ts";
import { type Replica, SECRET } from "./replica.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** The server answers within this time even if the outcome of a commit stays unknown. */
const ANSWER_MS = 40_000;
const PATCHES_OF_A_USER = 6;
const PAGE = 1_000;
const PAUSE_WHEN_AWAY_MS = 50;

export type Workload = {
  readonly random: Random;
  readonly replicas: readonly Replica[];
  readonly ledger: Entry[];
  /** Answers that no failure explains. */
  readonly problems: string[];
  isOver: boolean;
  group: string;
};

type Answer = { readonly status: number; readonly body: Record<string, unknown> };

/** @returns undefined if no answer arrived, `away` if nobody got the request */
async function ask(
  replica: Replica,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer | "away" | undefined> {
  try {
    const response = await fetch(`${replica.origin}/scim/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/scim+json" },
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    return code === "ECONNREFUSED" ? "away" : undefined;
  }
}

/** Sends a change to any server. */
async function change(workload: Workload, method: string, path: string, body: unknown): Promise<[Ending, Answer?]> {
  const answer = await ask(workload.random.pick(workload.replicas), method, path, body);
  if (answer === undefined) return ["unknown"];
  if (answer === "away") {
    await sleep(PAUSE_WHEN_AWAY_MS);
    return ["refused"];
  }
  if (answer.status < 300) return ["acknowledged", answer];
  const detail = String(answer.body["detail"]);
  if (answer.status !== 503) workload.problems.push(`${method} ${path} answered ${answer.status}: ${detail}`);
  return [/changed nothing/.test(detail) ? "refused" : "unknown"];
}

export async function makeGroup(replicas: readonly Replica[]): Promise<string> {
  const [replica] = replicas;
  const answer = replica && (await ask(replica, "POST", "/Groups", { schemas: [GROUP], displayName: "Everybody" }));
  if (answer === undefined || answer === "away" || answer.status !== 201)
    throw new Error(`no group: ${JSON.stringify(answer)}`);
  return String(answer.body["id"]);
}

/** Creates users, changes each several times, adds it to the group, and reads it, until the workload is over. */
export async function write(workload: Workload, client: number): Promise<void> {
  const { ledger, random, replicas, problems } = workload;
  for (let number = 0; !workload.isOver; number++) {
    const userName = `user-${client}-${number}`;
    const entry: Entry = { userName, id: undefined, creation: "unknown", patches: [], membership: undefined };
    ledger.push(entry);
    const [creation, created] = await change(workload, "POST", "/Users", { schemas: [USER], userName });
    entry.creation = creation;
    if (created === undefined) continue;
    entry.id = String(created.body["id"]);
    for (let value = 1; value <= PATCHES_OF_A_USER; value++) {
      const operations = ["title", "nickName"].map((path) => ({ op: "replace", path, value: String(value) }));
      const [patched] = await change(workload, "PATCH", `/Users/${entry.id}`, {
        schemas: [PATCH],
        Operations: operations,
      });
      entry.patches.push(patched);
      // It may still be under way, and then come after the next one.
      if (patched === "unknown") break;
      const read = await ask(random.pick(replicas), "GET", `/Users/${entry.id}`);
      if (typeof read === "object" && read.status === 200 && read.body["title"] !== read.body["nickName"]) {
        problems.push(`${userName} was read half changed: ${JSON.stringify(read.body)}`);
      }
    }
    const operation = { op: "add", path: "members", value: [{ value: entry.id }] };
    const adding = { schemas: [PATCH], Operations: [operation] };
    [entry.membership] = await change(workload, "PATCH", `/Groups/${workload.group}`, adding);
  }
}

/** @throws Error if the servers do not answer although nothing disturbs them */
export async function readAll({ replicas, group }: Workload): Promise<Found> {
  const read = async (path: string): Promise<Answer["body"]> => {
    const [replica] = replicas;
    const answer = replica && (await ask(replica, "GET", path));
    if (answer === undefined || answer === "away" || answer.status !== 200)
      throw new Error(`GET ${path}: ${JSON.stringify(answer)}`);
    return answer.body;
  };
  const users: Found["users"][number][] = [];
  let page: Answer["body"];
  do {
    page = await read(`/Users?count=${PAGE}&startIndex=${users.length + 1}`);
    users.push(...((page["Resources"] as Found["users"] | undefined) ?? []));
  } while (users.length < Number(page["totalResults"]) && Number(page["itemsPerPage"]) > 0);
  const { members = [] } = await read(`/Groups/${group}`);
  return {
    users,
    population: Number(page["totalResults"]),
    members: (members as { value: string }[]).map(({ value }) => value),
  };
}
