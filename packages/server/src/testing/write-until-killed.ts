import { writeSync } from "node:fs";
import { GROUP_TYPE, resourceModel, USER_TYPE } from "@scimtool/scim";
import { openSqliteStore } from "../store/sqlite/store.ts";

/**
 * Writes users and groups without end, several at a time, and prints the ID of each acknowledged one on a line. A
 * separate program, for the test that kills it.
 *     node write-until-killed.ts <database file> <prefix of ids>
 */

/** Simultaneous writers, which share commits. */
const WRITERS = 8;

/** Users per group. */
const USERS_PER_GROUP = 10;

const [, , file = "", prefix = ""] = process.argv;
const user = resourceModel(USER_TYPE);
const group = resourceModel(GROUP_TYPE);
const store = openSqliteStore(file);

const endpoint = await store.transaction(async (transaction) => {
  const [known] = await store.endpoints.list(transaction);
  return known ?? store.endpoints.insert(transaction, { name: "default", settings: { profile: "tolerant" } }, 0);
});

async function write(writer: number): Promise<never> {
  const users: string[] = [];
  for (let count = 0; ; count++) {
    const id = `${prefix}-${writer}-${count}`;
    const isGroup = users.length === USERS_PER_GROUP;
    const members = isGroup ? users.splice(0) : [];
    await store.transaction(async (transaction) => {
      const name = isGroup ? { displayName: id } : { userName: id, emails: [{ value: `${id}@example.com` }] };
      const resource = { schemas: [], id, ...name };
      const content = { resource, json: JSON.stringify(resource), label: id, nowMs: Date.now() };
      const model = isGroup ? group : user;
      const { key } = await store.resources.insert(transaction, endpoint.key, model, id, content);
      if (isGroup) await store.members.add(transaction, endpoint.key, group, key, members, "refuse");
    });
    if (!isGroup) users.push(id);
    writeSync(process.stdout.fd, `${id}\n`);
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
