import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { PATCH_OP } from "../../testing/client.ts";
import { makeEndpoint } from "../../testing/endpoint.ts";

const DEVICE = "urn:example:params:scim:schemas:Device";

const server = await startApplication();
const client = await makeEndpoint(server, "devices", {
  schemas: [
    {
      id: DEVICE,
      name: "Device",
      attributes: [
        { name: "serial", type: "string", required: true },
        { name: "notes", type: "string", returned: "request" },
        { name: "history", type: "string", returned: "request" },
        { name: "batch", type: "string", returned: "request", mutability: "immutable" },
      ],
    },
  ],
  resourceTypes: [{ name: "Device", endpoint: "/Devices", schema: DEVICE }],
});
after(server.close);

const device = (attributes: object) => ({ schemas: [DEVICE], serial: "A1", ...attributes });
const shown = ({ notes, history }: { notes?: string; history?: string }) => [notes, history];

test("[RFC 7643 §7] attributes returned on request are in the response to the write that specifies them, and only there", async () => {
  const created = succeeded(await client.post("/Devices", device({ notes: "n1" })), 201);
  assert.deepEqual(shown(created), ["n1", undefined]);
  const path = `/Devices/${created.id}`;
  assert.deepEqual(shown(succeeded(await client.get(path), 200)), [undefined, undefined]);
  const replaced = await client.put(path, device({ notes: "n2", history: "h2" }));
  assert.deepEqual(shown(succeeded(replaced, 200)), ["n2", "h2"]);
  const patched = await client.patch(path, [{ op: "replace", path: "history", value: "h3" }]);
  assert.deepEqual(shown(succeeded(patched, 200)), [undefined, "h3"]);
  const other = await client.patch(path, [{ op: "replace", path: "serial", value: "A2" }]);
  assert.deepEqual(shown(succeeded(other, 200)), [undefined, undefined]);
});

test("[RFC 7644 §3.9] requested and excluded attributes take precedence", async () => {
  const { id } = succeeded(await client.post("/Devices?excludedAttributes=notes", device({ notes: "n" })), 201);
  const path = `/Devices/${id}`;
  const without = await client.put(`${path}?excludedAttributes=notes`, device({ notes: "n", history: "h" }));
  assert.deepEqual(shown(succeeded(without, 200)), [undefined, "h"]);
  const asked = { body: { schemas: [PATCH_OP], Operations: [{ op: "replace", path: "notes", value: "m" }] } };
  const named = await client.send("PATCH", `${path}?attributes=serial`, asked);
  assert.deepEqual(shown(succeeded(named, 200)), [undefined, undefined]);
});

test("[RFC 7644 §3.5.1] the result of a GET can be sent as a PUT, also without hidden immutable attributes", async () => {
  const { id } = succeeded(await client.post("/Devices", device({ batch: "b7" })), 201);
  const path = `/Devices/${id}`;
  const read = succeeded(await client.get(path), 200);
  assert.equal(Object.hasOwn(read, "batch"), false);
  succeeded(await client.put(path, { ...read, serial: "A2" }), 200);
  const { serial, batch } = succeeded(await client.get(`${path}?attributes=serial,batch`), 200);
  assert.deepEqual([serial, batch], ["A2", "b7"]);
  refused(await client.put(path, { ...read, batch: "b8" }), 400, "mutability", /^batch is immutable/);
});
