import { spawn } from "node:child_process";
import { prepareTemplate, startCluster } from "../packages/server/src/store/postgres/testing/cluster.ts";

// Runs tests with PostgreSQL instead of SQLite files: npm run test:postgres [-- <files>]
// DATABASE_URL_TEST names an existing server; without it, one is started for the run.

/** What answers HTTP, and the main tasks of the page. Tests that say what SQLite does skip themselves. */
const FILES = [
  "packages/server/src/store/postgres/**/*.test.ts",
  "packages/server/src/*.postgres.test.ts",
  "packages/server/src/*.replicas.test.ts",
  "packages/server/src/conformance/**/*.test.ts",
  "packages/server/src/http/**/!(*.browser).test.ts",
  "packages/server/src/monitor/golden/*.test.ts",
  "packages/web/test/{activity,endpoints,members,resources,resource-form,sign-in}.browser.test.ts",
];

const cluster = await startCluster();
try {
  await prepareTemplate(cluster.url);
  const chosen = process.argv.slice(2);
  const env = { ...process.env, DATABASE_URL_TEST: cluster.url, TEST_STORE: "postgres" };
  const tests = spawn(
    process.execPath,
    ["--test", "--test-timeout=120000", "--test-force-exit", ...(chosen.length > 0 ? chosen : FILES)],
    {
      env,
      stdio: "inherit",
    },
  );
  process.exitCode = await new Promise((resolve) => tests.once("exit", (code) => resolve(code ?? 1)));
} finally {
  await cluster.stop();
}
