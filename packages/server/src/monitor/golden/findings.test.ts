import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { BULK_REQUEST_SCHEMA, PATCH_SCHEMA } from "@scimtool/scim";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { type Answer, type AnyJson, type Client, clientOf } from "../../testing/client.ts";
import { FINDINGS } from "../finding/kinds.ts";
import { USER_URN } from "../testing/exchange.ts";
import type { Scene, Stage } from "./scenes/scene.ts";
import { SCENES } from "./scenes/scenes.ts";

// Every kind of finding over HTTP. `findings.txt` has what people read; UPDATE_GOLDEN=1 writes it anew.

const GOLDEN = join(import.meta.dirname, "findings.txt");

const server = await startApplication();
const admin = clientOf(server.origin, TEST_ADMIN_SECRET);
const clients: Client[] = [admin];
after(async () => {
  for (const client of clients) client.close();
  await server.close();
});

function opened(client: Client): Client {
  clients.push(client);
  return client;
}

async function playScene(scene: Scene, name: string): Promise<void> {
  const made = await admin.post("/api/endpoints", { name, settings: scene.settings ?? {} });
  assert.equal(made.status, 201, made.text);
  const basePath = `/scim/endpoints/${name}/v2`;
  const as = async (label: string) => {
    const { body, text } = await admin.post(`/api/endpoints/${name}/credentials`, { kind: "token", label });
    assert.ok(body.secret, text);
    return opened(clientOf(server.origin + basePath, body.secret));
  };
  const root = opened(clientOf(server.origin, undefined));
  const client = await as("provisioning");
  await scene.play({ as, client, basePath, root });
  await recorded(await client.get("/ServiceProviderConfig"));
}

/** Exchanges are recorded behind the answers, in their order: an earlier one may have the same finding with other figures. */
async function recorded({ headers }: Answer): Promise<void> {
  for (let tries = 0; tries < 250; tries++) {
    const { exchanges } = (await admin.get(`/api/exchanges?requestId=${headers["x-request-id"]}`)).body;
    if (exchanges.length > 0) return;
    await setTimeout(20);
  }
}

/** Without a credential, an exchange is recorded in a queue of its own. */
async function findingOf({ kind }: Scene, name: string, isAtRoot: boolean): Promise<AnyJson> {
  const where = isAtRoot ? "" : `&endpoint=${name}`;
  for (let tries = 0; tries < 250; tries++) {
    const { exchanges } = (await admin.get(`/api/exchanges?finding=${kind}${where}`)).body;
    const own = exchanges.filter(({ endpoint }: AnyJson) => endpoint === (isAtRoot ? null : name));
    const found = own.flatMap(({ findings }: AnyJson) => findings).find((each: AnyJson) => each.kind === kind);
    if (found !== undefined) return found;
    await setTimeout(20);
  }
  const { exchanges } = (await admin.get(`/api/exchanges?endpoint=${name}`)).body;
  const told = exchanges.map(({ sentences, findings }: AnyJson) => [
    ...sentences,
    ...findings.map((each: AnyJson) => each.kind),
  ]);
  throw new Error(`no ${kind}: ${JSON.stringify(told)}`);
}

/** What differs from run to run. */
function settled(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, "ID")
    .replaceAll(/\d+ \w+ \d{4}, \d\d:\d\d UTC/g, "TIME")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/scene-\d+/g, "SCENE")
    .replaceAll(/127\.0\.0\.1:\d+/g, "HOST")
    .replaceAll(/\(\d+ ms\)/g, "(MS)");
}

function told({ kind, shows }: Scene, finding: AnyJson): string {
  const remedies = finding.remedies.map(({ where, text, action }: AnyJson) => {
    const versions = action?.versions;
    const how = versions === undefined ? action : { kind: action.kind, versions: versions.length };
    return `  - ${where}: ${text}${how === null ? "" : ` ${JSON.stringify(how)}`}`;
  });
  const lines = [
    `${kind} (${finding.severity}): ${shows}`,
    `  ${finding.sentence}`,
    `  ${finding.reason}`,
    ...remedies,
  ];
  return settled(lines.join("\n"));
}

const texts: string[] = [];

describe("a finding says what happened, why, and what to change", () => {
  for (const [at, scene] of SCENES.entries()) {
    test(`${scene.kind}: ${scene.shows}`, async () => {
      const name = `scene-${at}`;
      await playScene(scene, name);
      texts.push(told(scene, await findingOf(scene, name, scene.shows === "a base URL without its version")));
    });
  }
});

test("the texts are those of the golden file", () => {
  const text = `${texts.join("\n\n")}\n`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(GOLDEN, text);
  assert.equal(text, readFileSync(GOLDEN, "utf8"));
});

test("every kind has a scene", () => {
  const played = new Set(SCENES.map(({ kind }) => kind));
  assert.deepEqual(
    Object.keys(FINDINGS).filter((kind) => !played.has(kind as Scene["kind"])),
    [],
  );
});

test("findings are counted in statistics", async () => {
  const at = SCENES.findIndex(({ kind }) => kind === "loss.cleared");
  const { body } = await admin.get(`/api/statistics?endpoint=scene-${at}&bucket=1d`);
  const counts = body.buckets.map(({ findings }: AnyJson) => findings["loss.cleared"] ?? 0);
  assert.equal(
    counts.reduce((sum: number, count: number) => sum + count, 0),
    1,
  );
});

test("a mass change names each further person at once, and a bulk request once", async () => {
  const { body: made } = await admin.post("/api/endpoints", { name: "leavers" });
  assert.equal(made.name, "leavers");
  const { body } = await admin.post("/api/endpoints/leavers/credentials", { kind: "token", label: "provisioning" });
  const client = opened(clientOf(`${server.origin}/scim/endpoints/leavers/v2`, body.secret));
  const ids: string[] = [];
  for (let at = 0; at < 20; at++) {
    const user = { schemas: [USER_URN], userName: `user${at}`, displayName: `User ${at}` };
    ids.push((await client.post("/Users", user)).body.id);
  }
  const deactivate = [{ op: "replace", path: "active", value: false }];
  for (const id of ids.slice(0, 7)) await client.patch(`/Users/${id}`, deactivate);
  const data = { schemas: [PATCH_SCHEMA], Operations: deactivate };
  const operations = ids.slice(7, 10).map((id) => ({ method: "PATCH", path: `/Users/${id}`, data }));
  await client.post("/Bulk", { schemas: [BULK_REQUEST_SCHEMA], Operations: operations });
  const found = await massChangesOf("leavers", 4);
  assert.deepEqual(
    found.map(({ sentence }) => /\d+ of \d+/.exec(sentence)?.[0]),
    ["5 of 20", "6 of 20", "7 of 20", "10 of 20"],
  );
  assert.match(found.at(-1)?.reason, /User 0, .*User 9\./);
});

test("the most severe finding of a request comes first", async () => {
  const play = async ({ client, as }: Stage) => {
    const other = await as("HR script");
    const { body } = await client.post("/Users", { schemas: [USER_URN], userName: "alice" });
    for (const [by, value] of [
      [client, "ayoung"],
      [other, "alice"],
      [client, "ayoung"],
    ] as const) {
      await by.patch(`/Users/${body.id}`, [{ op: "replace", path: "userName", value }]);
    }
  };
  await playScene({ kind: "repetition.flip-flop", shows: "two clients that rename a user in turn", play }, "renames");
  const { exchanges } = (await admin.get("/api/exchanges?finding=repetition.flip-flop&endpoint=renames")).body;
  assert.deepEqual(
    exchanges[0].findings.map(({ kind }: AnyJson) => kind),
    ["repetition.flip-flop", "identity.renamed"],
  );
});

async function massChangesOf(endpoint: string, count: number): Promise<AnyJson[]> {
  for (let tries = 0; tries < 250; tries++) {
    const { exchanges } = (await admin.get(`/api/exchanges?finding=mass.users&endpoint=${endpoint}`)).body;
    if (exchanges.length >= count) {
      return exchanges.reverse().flatMap(({ findings }: AnyJson) => findings.filter(isMassChange));
    }
    await setTimeout(20);
  }
  throw new Error(`fewer than ${count} mass changes`);
}

function isMassChange({ kind }: AnyJson): boolean {
  return kind === "mass.users";
}
