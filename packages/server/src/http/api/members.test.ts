import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { user } from "../../testing/scim-bodies.ts";

const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

const server = await startApplication();
const { admin, client } = server;
after(server.close);

test("members of a group are read page by page, and searched", async () => {
  const members = [];
  for (const name of ["anna", "berta", "carla"]) {
    members.push({ value: (await client.post("/Users", user(name))).body.id });
  }
  const { id } = (await client.post("/Groups", { schemas: [GROUP], displayName: "Guides", members })).body;
  const path = `/api/endpoints/default/members/${id}`;
  const { status, body } = await admin.get(`${path}?limit=2&offset=1`);
  assert.equal(status, 200);
  assert.deepEqual(body, {
    total: 3,
    members: [
      { type: "User", id: members[1]?.value, label: "berta" },
      { type: "User", id: members[2]?.value, label: "carla" },
    ],
  });
  const found = await admin.get(`${path}?q=ARL`);
  assert.deepEqual([found.body.total, found.body.members[0].label], [1, "carla"]);
  for (const query of ["limit=0", "limit=1001", "offset=-1"]) {
    assert.equal((await admin.get(`${path}?${query}`)).status, 400, query);
  }
  for (const unknown of ["nobody", members[0]?.value]) {
    const refused = await admin.get(`/api/endpoints/default/members/${unknown}`);
    assert.equal(refused.status, 404);
    assert.match(refused.body.detail, /^No group has the ID/);
  }
});
