import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { ENTERPRISE, group, USER, user } from "../../testing/scim-bodies.ts";

// References to unknown IDs that were accepted, in an endpoint that rejects them now.

const server = await startApplication();
const { admin, client } = server;
after(server.close);

const DEVICE = "urn:example:params:scim:schemas:Device";
const SUB_ATTRIBUTES = [{ name: "value" }, { name: "$ref", type: "reference", referenceTypes: ["User"] }];
const DEVICE_SCHEMA = {
  id: DEVICE,
  name: "Device",
  attributes: [
    { name: "owner", type: "complex", subAttributes: SUB_ATTRIBUTES },
    { name: "keepers", type: "complex", multiValued: true, subAttributes: SUB_ATTRIBUTES },
  ],
};

async function set(settings: object): Promise<void> {
  const answer = await admin.send("PATCH", "/api/endpoints/default", { body: { settings } });
  assert.equal(answer.status, 200, answer.text);
}

function managed(userName: string, value: string, attributes: object = {}): object {
  return user(userName, { schemas: [USER, ENTERPRISE], [ENTERPRISE]: { manager: { value } }, ...attributes });
}

test("an existing unknown reference does not prevent other writes; a new one is rejected", async () => {
  await set({
    danglingReferences: "accept",
    schemas: [DEVICE_SCHEMA],
    resourceTypes: [{ name: "Device", endpoint: "/Devices", schema: DEVICE }],
  });
  const { id } = succeeded(await client.post("/Users", managed("ann", "nobody")), 201);
  const path = `/Users/${id}`;
  const bob = succeeded(await client.post("/Users", user("bob")), 201);
  const device = { schemas: [DEVICE], owner: { value: "nobody" }, keepers: [{ value: bob.id }, { value: "no one" }] };
  const { id: deviceId } = succeeded(await client.post("/Devices", device), 201);
  const members = [{ value: id }, { value: "nobody" }];
  const { id: groupId } = succeeded(await client.post("/Groups", group("Guides", { members })), 201);
  await set({ danglingReferences: "refuse" });

  const titled = succeeded(await client.patch(path, [{ op: "add", path: "title", value: "Guide" }]), 200);
  assert.deepEqual(titled[ENTERPRISE], { manager: { value: "nobody" } });
  succeeded(await client.put(path, titled), 200);
  succeeded(await client.put(path, managed("ann", "nobody", { displayName: "Ann" })), 200);
  const other = [{ op: "replace", path: `${ENTERPRISE}:manager`, value: { value: "somebody else" } }];
  refused(await client.patch(path, other), 400, "invalidValue", /no User has the id "somebody else"/);
  assert.equal(
    (await client.patch(`/Groups/${groupId}`, [{ op: "add", path: "members", value: members }])).status,
    204,
  );

  // Its other references are removed and added again.
  assert.equal((await client.send("DELETE", `/Users/${bob.id}`)).status, 204);
  const { owner, keepers } = succeeded(await client.get(`/Devices/${deviceId}`), 200);
  assert.deepEqual([owner, keepers], [{ value: "nobody" }, [{ value: "no one" }]]);
  await set({ danglingReferences: "accept" });
  const keep = [{ op: "add", path: "keepers", value: [{ value: bob.id }] }];
  succeeded(await client.patch(`/Devices/${deviceId}`, keep), 200);
  await set({ danglingReferences: "refuse" });
  const restored = await admin.post(`/api/endpoints/default/history/${bob.id}/restore`, { revision: 1 });
  assert.equal(restored.status, 200, restored.text);
  const again = succeeded(await client.get(`/Devices/${deviceId}`), 200);
  assert.deepEqual(again.keepers, [{ value: "no one" }, { value: bob.id, $ref: `Users/${bob.id}` }]);
  // Moving an ID to another attribute makes it a new reference.
  const moved = [{ op: "replace", path: "owner", value: { value: "no one" } }];
  refused(await client.patch(`/Devices/${deviceId}`, moved), 400, "invalidValue", /^owner: no User/);
  succeeded(await client.patch(path, [{ op: "remove", path: `${ENTERPRISE}:manager` }]), 200);
  const back = [{ op: "add", path: `${ENTERPRISE}:manager`, value: { value: "nobody" } }];
  refused(await client.patch(path, back), 400, "invalidValue", /no User has the id "nobody"/);
});
