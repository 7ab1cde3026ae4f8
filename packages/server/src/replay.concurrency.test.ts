import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Exchange, patchMessage, scimClient } from "@scimtool/check";
import { isObject, type JsonObject } from "@scimtool/scim";
import { type Program, startProgram } from "./testing/program.ts";

describe("a server to which an identity provider sends many requests at once", () => {
  let program: Program;
  before(async () => {
    program = await startProgram();
  });
  after(async () => {
    assert.equal(await program.stop(), 0, program.output());
  });

  test("loses no member when one group is changed over 16 connections at once", async () => {
    const client = newClient(program);
    const ids = await Promise.all(
      Array.from({ length: 96 }, async (_, index) => idIn(await client.post("/Users", user(`member${index}`)))),
    );
    const groupId = idIn(await client.post("/Groups", { schemas: [GROUP_SCHEMA], displayName: "Everybody" }));
    const waiting = [...ids];
    const worker = async () => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        const operation = { op: "Add", path: "members", value: [{ $ref: null, value: id }] };
        const { status } = await client.patch(`/Groups/${groupId}`, patchMessage([operation]));
        assert.equal(status, 204);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    assert.deepEqual(await membersOf(program, groupId), ids.toSorted());

    const [leaving, staying] = [ids.slice(0, 48), ids.slice(48)];
    await Promise.all(
      leaving.map((id) =>
        client.patch(
          `/Groups/${groupId}`,
          patchMessage([{ op: "Remove", path: "members", value: [{ $ref: null, value: id }] }]),
        ),
      ),
    );
    assert.deepEqual(await membersOf(program, groupId), staying.toSorted());
  });

  test("creates one user when one user name is sent over 16 connections at once", async () => {
    const client = newClient(program);
    const names = Array.from({ length: 16 }, (_, index) =>
      index % 2 === 0 ? "only.one@example.com" : "ONLY.ONE@example.com",
    );
    const exchanges = await Promise.all(names.map((userName) => client.post("/Users", user(userName))));
    const refusals = exchanges.filter(({ status }) => status !== 201);
    assert.equal(exchanges.length - refusals.length, 1);
    for (const { status, responseBody } of refusals) {
      assert.equal(status, 409);
      assert.equal((responseBody as JsonObject)["scimType"], "uniqueness");
    }
    const found = await client.get("/Users", { filter: 'userName eq "only.one@example.com"' });
    assert.equal((found.responseBody as JsonObject)["totalResults"], 1);
  });
});

const GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group";

function newClient({ baseUrl, secret }: Program) {
  const headers = { userAgent: "", contentType: "application/json", accept: "*/*", blank: "+" } as const;
  return scimClient({ baseUrl, token: secret, headers });
}

function user(userName: string): JsonObject {
  return { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName };
}

function idIn({ responseBody }: Exchange): string {
  assert.ok(isObject(responseBody));
  assert.equal(typeof responseBody["id"], "string");
  return String(responseBody["id"]);
}

async function membersOf(program: Program, groupId: string): Promise<string[]> {
  const { responseBody } = await newClient(program).get(`/Groups/${groupId}`);
  const members = (responseBody as JsonObject)["members"] as JsonObject[];
  return members.map(({ value }) => String(value)).toSorted();
}
