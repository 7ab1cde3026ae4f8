import { expectEmptyList, idNamed, listOf, UnexpectedAnswer } from "../answer.ts";
import type { Exchange } from "../client.ts";
import type { Entra } from "./entra.ts";
import { accountOf } from "./entra.ts";

// What Entra ID reads. It filters with `eq` and `and` only.

/**
 * "Test Connection", repeated for ever as keep-alive: the look-up of a user and of a group that do not exist.
 * @throws UnexpectedAnswer when an answer is not an empty list
 */
export async function testConnection({ client }: Entra): Promise<readonly [users: Exchange, groups: Exchange]> {
  const users = await client.get("/Users", { filter: `userName eq "${crypto.randomUUID()}"` });
  const groups = await client.get("/Groups", {
    excludedAttributes: "members",
    filter: `displayName eq "${crypto.randomUUID()}"`,
  });
  return [expectEmptyList(users), expectEmptyList(groups)];
}

/**
 * Looks a user up by a matching attribute.
 * @param filter such as `userName eq "jyoung@example.com"`
 * @returns the id, or undefined when there is no such user
 * @throws UnexpectedAnswer when there are several, for then Entra ID cannot go on
 */
export async function findUser({ client }: Entra, filter: string): Promise<string | undefined> {
  return onlyId(await client.get("/Users", { filter }));
}

/** Looks a group up by its name, without its members. */
export async function findGroup({ client }: Entra, displayName: string): Promise<string | undefined> {
  const query = { excludedAttributes: "members", filter: `displayName eq ${JSON.stringify(displayName)}` };
  return onlyIdNamed("displayName", displayName, await client.get("/Groups", query));
}

/** Looks a user up by the name that Entra ID matches by. */
export async function findUserNamed({ client }: Entra, userName: string): Promise<string | undefined> {
  return onlyIdNamed("userName", userName, await client.get("/Users", { filter: `userName eq "${userName}"` }));
}

/** Asks whether a user's manager is a certain one: references are compared by filter, not read. */
export async function hasManager(entra: Entra, objectId: string, managerObjectId: string): Promise<boolean> {
  const { id } = accountOf(entra, objectId);
  const manager = accountOf(entra, managerObjectId);
  const filter = `id eq "${id}" and manager eq "${manager.id}"`;
  return (await onlyId(await entra.client.get("/Users", { filter, attributes: "id" }))) === id;
}

/**
 * Account discovery: every user, page by page.
 * @returns their ids
 * @throws UnexpectedAnswer when a page does not continue the one before
 */
export async function discoverAccounts({ client }: Entra, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const startIndex = ids.length + 1;
    const exchange = await client.get("/Users", { startIndex, count });
    const page = listOf(exchange);
    if (page.startIndex !== startIndex) throw new UnexpectedAnswer(exchange, `"startIndex": ${startIndex}`);
    ids.push(...page.resources.map((resource) => String(resource["id"])));
    if (new Set(ids).size !== ids.length) throw new UnexpectedAnswer(exchange, "every user on one page only");
    if (ids.length >= page.totalResults) return ids;
    if (page.resources.length === 0) throw new UnexpectedAnswer(exchange, `${page.totalResults} users on all pages`);
  }
}

/** @throws UnexpectedAnswer also for several, and for another's id */
function onlyIdNamed(attribute: "userName" | "displayName", name: string, exchange: Exchange): string | undefined {
  return onlyId(exchange) && idNamed(attribute, name, exchange);
}

function onlyId(exchange: Exchange): string | undefined {
  const { totalResults, resources } = listOf(exchange);
  if (totalResults > 1)
    throw new UnexpectedAnswer(exchange, "one match at most, as nothing else is asked for (RFC 7644 §3.4.2.2)");
  const id = resources[0]?.["id"];
  if (totalResults === 1 && typeof id !== "string") throw new UnexpectedAnswer(exchange, "a match with its id");
  return typeof id === "string" ? id : undefined;
}
