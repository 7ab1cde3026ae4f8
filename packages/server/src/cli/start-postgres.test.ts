import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, startCluster } from "../store/postgres/testing/cluster.ts";
import { type DatabaseProxy, startProxy } from "../store/postgres/testing/proxy.ts";
import { testFolder } from "../testing/application.ts";
import { clientOf } from "../testing/client.ts";
import { runCommand } from "../testing/command.ts";
import { startProgram } from "../testing/program.ts";

const AWAY_MS = 4_000;

describe("a start while the database is away", { concurrency: true }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(() => cluster.stop());

  async function withProxy(play: (proxy: DatabaseProxy) => Promise<void>): Promise<void> {
    const proxy = await startProxy(await cluster.createDatabase());
    await play(proxy).finally(proxy.close);
  }

  for (const [name, leave, comeBack] of [
    [
      "refuses connections",
      (proxy: DatabaseProxy) => (proxy.isDown = true),
      (proxy: DatabaseProxy) => (proxy.isDown = false),
    ],
    ["does not answer", (proxy: DatabaseProxy) => proxy.freeze(true), (proxy: DatabaseProxy) => proxy.thaw()],
  ] as const) {
    test(`that ${name} for some seconds waits for it, says so, and then serves`, () =>
      withProxy(async (proxy) => {
        leave(proxy);
        const starting = startProgram({ env: { DATABASE_URL: proxy.url, SCIM_SHARED_SECRET: "a-scim-secret" } });
        await sleep(AWAY_MS);
        comeBack(proxy);
        const program = await starting;
        const client = clientOf(program.baseUrl, program.secret);
        assert.equal((await client.get("/Users?count=0")).status, 200);
        client.close();
        if (name === "refuses connections") {
          assert.match(program.output(), /warning: Waiting up to 30 seconds for the database: cannot connect to 127/);
        }
        assert.equal(await program.stop(), 0);
      }));
  }

  test("gives up after 30 seconds with exit code 1 and what to do, and without the password", () =>
    withProxy(async (proxy) => {
      proxy.isDown = true;
      const url = new URL(proxy.url);
      url.password = "hunter2";
      const dataDir = testFolder();
      const { code, stdout, stderr } = await runCommand([], { DATABASE_URL: url.href, PORT: "0", DATA_DIR: dataDir });
      rmSync(dataDir, { recursive: true });
      assert.deepEqual([code, stdout], [1, ""], stderr);
      assert.match(
        stderr,
        /^scimtool: warning: Waiting up to 30 seconds for the database: .*\nscimtool cannot start: the database was not available for 30 seconds: cannot connect to 127\.0\.0\.1: .*\. Check DATABASE_URL, the server and its firewall\.\n$/,
      );
      assert.doesNotMatch(stderr, /hunter2/);
    }));
});
