import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import type { Answer } from "../../testing/client.ts";
import { recordedExchanges } from "../../testing/recorded-exchanges.ts";
import { user } from "../../testing/scim-bodies.ts";
import { storedFiles } from "../../testing/store.ts";

const PASSWORD = "t1meMa$heen";

const server = await startApplication({ logLevel: "trace" });
const { client } = server;
after(server.close);

test("a password is accepted by POST, PUT and PATCH and appears in no response, log line or file (RFC 7643 §4.1.1)", async (t) => {
  const logged: string[] = [];
  t.mock.method(process.stderr, "write", (text: string | Uint8Array) => {
    logged.push(String(text));
    return true;
  });
  const answers: Answer[] = [];
  const keep = async (answer: Promise<Answer>) => {
    answers.push(await answer);
    return answer;
  };
  const { id } = succeeded(await keep(client.post("/Users", user("p", { password: PASSWORD }))), 201);
  succeeded(await keep(client.put(`/Users/${id}`, user("p", { Password: PASSWORD, title: "T" }))), 200);
  const operations = [
    { op: "replace", path: "password", value: PASSWORD },
    { op: "add", value: { password: PASSWORD } },
  ];
  for (const operation of operations) succeeded(await keep(client.patch(`/Users/${id}`, [operation])), 200);
  for (const query of ["", "?attributes=password", "?attributes=password,userName", "?excludedAttributes=title"]) {
    succeeded(await keep(client.get(`/Users/${id}${query}`)), 200);
    succeeded(await keep(client.get(`/Users${query}`)), 200);
  }
  for (const { text } of answers) assert.doesNotMatch(text, /t1meMa|password/i);
  assert.ok(!logged.join("").includes(PASSWORD));
  for (const file of storedFiles(server.dataDir)) assert.ok(!readFileSync(file).includes(PASSWORD), file);
});

test("secrets without a schema do not appear either, and the endpoint sets their names", async () => {
  const { admin } = server;
  let created = 0;
  const create = async (attributes: object): Promise<string> => {
    const made = await client.post("/Users", user(`undefined-${created++}`, attributes));
    const { id } = succeeded(made, 201);
    return made.text + (await client.get(`/Users/${id}`)).text;
  };
  const change = async (secretAttributes: unknown) => {
    const answer = await admin.send("PATCH", "/api/endpoints/default", { body: { settings: { secretAttributes } } });
    assert.equal(answer.status, 200, answer.text);
  };
  const changed = { unicodePwd: PASSWORD, nested: { new_password: PASSWORD }, shoeSize: 42 };
  const told = await create(changed);
  assert.match(told, /"shoeSize":42/);
  assert.doesNotMatch(told, /t1meMa|Pwd|password/i);
  await change(["vaultCombination"]);
  assert.doesNotMatch(await create({ vaultCombination: PASSWORD }), /t1meMa/);
  assert.match(await create({ unicodePwd: "as-sent" }), /"unicodePwd":"as-sent"/);
  await change(null);
  assert.doesNotMatch(await create({ pwd: PASSWORD }), /t1meMa/);
  await recordedExchanges(admin, "kind=user.created", created + 1);
  const exchanges = await admin.get("/api/export");
  assert.match(exchanges.text, /vaultCombination/);
  assert.doesNotMatch(exchanges.text, /t1meMa/);
});

test("a password is in no error detail, whatever is wrong with its request", async () => {
  const { id } = succeeded(await client.post("/Users", user("q")), 201);
  const bodies = [
    `{"userName":"x","password":"${PASSWORD}`,
    `{"userName":"x","password":${PASSWORD}}`,
    `{"userName":"x","password":"${PASSWORD}" "title":"x"}`,
    `{"userName":"x","password":"${PASSWORD}\\q"}`,
    `{"password":"${PASSWORD}","password":"${PASSWORD}"}`,
    `{"password":"${PASSWORD}"}`,
    `{"userName":"q","password":"${PASSWORD}"}`,
    `{"userName":"x","password":["${PASSWORD}","${PASSWORD}"]}`,
    `{"userName":"x","password":{"value":"${PASSWORD}"}}`,
    `{"userName":"x","password":"\\ud800${PASSWORD}"}`,
    `userName=x&password=${PASSWORD}`,
    `"${PASSWORD}"`,
  ];
  for (const body of bodies) {
    const answer = await client.post("/Users", body);
    assert.ok(answer.status === 400 || answer.status === 409, answer.text);
    assert.doesNotMatch(answer.text, /t1meMa/, body);
  }
  const operations: object[] = [
    { op: "replace", path: "password", value: [PASSWORD, PASSWORD] },
    { op: "replace", path: "password", value: { [PASSWORD]: PASSWORD } },
    { op: "replace", path: "password.value", value: PASSWORD },
    { op: "replace", path: `password[value eq "${PASSWORD}"]`, value: PASSWORD },
    { op: "replace", value: PASSWORD },
    { op: "change", path: "password", value: PASSWORD },
  ];
  for (const operation of operations) {
    const answer = await client.patch(`/Users/${id}`, [operation]);
    assert.equal(answer.status, 400);
    assert.doesNotMatch(answer.text, /t1meMa/, JSON.stringify(operation));
  }
  const filter = encodeURIComponent(`password eq "${PASSWORD}"`);
  refused(await client.get(`/Users?filter=${filter}`), 400, "invalidFilter", /^filter: password is never returned and/);
});
