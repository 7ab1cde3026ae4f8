import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { type AnyJson, type Client, clientOf } from "../../testing/client.ts";
import { FINDINGS } from "../finding/kinds.ts";
import { SCENES, type Scene } from "./finding-scenes.ts";

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

async function play(scene: Scene, name: string): Promise<void> {
  const made = await admin.post("/api/endpoints", { name, settings: scene.settings ?? {} });
  assert.equal(made.status, 201, made.text);
  const basePath = `/scim/endpoints/${name}/v2`;
  const as = async (label: string) => {
    const { body, text } = await admin.post(`/api/endpoints/${name}/credentials`, { kind: "token", label });
    assert.ok(body.secret, text);
    return opened(clientOf(server.origin + basePath, body.secret));
  };
  const root = opened(clientOf(server.origin, undefined));
  await scene.play({ as, client: await as("provisioning"), basePath, root });
}

/** Exchanges are recorded behind the answers. */
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
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID")
    .replaceAll(/\d+ \w+ \d{4}, \d\d:\d\d UTC/g, "TIME")
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
      await play(scene, name);
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
  const { body } = await admin.get("/api/statistics?endpoint=scene-0&bucket=1d");
  const counts = body.buckets.map(({ findings }: AnyJson) => findings["loss.cleared"] ?? 0);
  assert.equal(
    counts.reduce((sum: number, count: number) => sum + count, 0),
    1,
  );
});
