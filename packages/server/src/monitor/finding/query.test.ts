import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { type AnyJson, clientOf } from "../../testing/client.ts";
import { USER_URN } from "../testing/exchange.ts";

test("a finding about one page is not folded into the other pages", async () => {
  const server = await startApplication();
  const { client } = server;
  const admin = clientOf(server.origin, TEST_ADMIN_SECRET);
  try {
    for (let at = 0; at < 12; at++) await client.post("/Users", { schemas: [USER_URN], userName: `user${at}` });
    for (const page of [1, 2, 3]) await client.get(`/Users?startIndex=${page}&count=5`);
    let pages: AnyJson[] = [];
    for (let tries = 0; tries < 250 && pages.reduce((sum, { repeats }) => sum + repeats.count, 0) < 3; tries++) {
      await setTimeout(20);
      pages = (await admin.get("/api/exchanges?repeats=fold&method=GET&endpoint=default")).body.exchanges;
    }
    const kinds = pages.map(({ findings }) => findings.map(({ kind }: AnyJson) => kind));
    assert.deepEqual(kinds, [[], ["query.page-number"]]);
  } finally {
    admin.close();
    await server.close();
  }
});
