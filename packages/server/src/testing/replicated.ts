import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Config } from "../config.ts";
import { startApplication, testFolder } from "./application.ts";
import { succeeded } from "./assert-answer.ts";
import { clientOf } from "./client.ts";
import type { FakeReplica } from "./replica.ts";
import { user } from "./scim-bodies.ts";

/** Starts the program with a replica that the test controls; it ends with the test. */
export async function startReplicated(t: TestContext, replica: FakeReplica, settings: Partial<Config> = {}) {
  const running = await startApplication({ backupTarget: "/mnt/backup", ...settings }, replica.environment);
  const root = clientOf(running.origin, undefined);
  t.after(async () => {
    root.close();
    await running.close();
  });
  const readiness = async () => {
    const { status, text } = await root.get("/readyz");
    return `${status} ${text.trim()}`;
  };
  return { ...running, root, readiness };
}

/** A data folder with a database, as after a restore. The program that uses it removes it. */
export async function restoredFolder(): Promise<string> {
  const dataDir = testFolder();
  const first = await startApplication({ dataDir });
  succeeded(await first.client.post("/Users", user("restored")), 201);
  first.client.close();
  await first.application.close();
  assert.ok(!existsSync(join(dataDir, "scim.db-wal")));
  return dataDir;
}

/** Skips the waiting time before another attempt. */
export function skipTime(t: TestContext, ms: number): void {
  const now = performance.now.bind(performance);
  t.mock.method(performance, "now", () => now() + ms);
}

export const usersOf = ({ client }: { client: ReturnType<typeof clientOf> }) =>
  client.get("/Users?attributes=userName");
