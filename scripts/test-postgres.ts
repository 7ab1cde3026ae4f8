import { spawn } from "node:child_process";
import { type Cluster, prepareTemplate, startCluster } from "../packages/server/src/store/postgres/testing/cluster.ts";

// Runs tests with PostgreSQL instead of SQLite files: npm run test:postgres [-- --short | -- <files>]
// DATABASE_URL_TEST names an existing server; without it, one is started for the run.

/** Longest time of a test, and of a file, in milliseconds. */
const MAX_TEST_MS = 180_000;

/** What `npm test` does not run on PostgreSQL: the RFCs, SCIM, administration, and the main views of the page. */
const SHORT = [
  "packages/server/src/conformance/**/*.test.ts",
  "packages/server/src/http/{scim,api}/**/!(*.browser).test.ts",
  "packages/web/test/{activity,endpoints,resources}.browser.test.ts",
];

/** Everything that uses a store. Tests of SQLite's files skip themselves. */
const FILES = [
  "packages/server/src/store/postgres/**/*.test.ts",
  "packages/server/src/*.{postgres,replicas}.test.ts",
  "packages/server/src/conformance/**/*.test.ts",
  "packages/server/src/http/**/!(*.browser).test.ts",
  "packages/server/src/monitor/golden/*.test.ts",
  "packages/web/test/*.browser.test.ts",
];

async function run(cluster: Cluster, chosen: readonly string[]): Promise<number> {
  await prepareTemplate(cluster.url);
  const env = { ...process.env, DATABASE_URL_TEST: cluster.url, TEST_STORE: "postgres" };
  // A test that leaves something open must not keep the run from ending.
  const options = [`--test-timeout=${MAX_TEST_MS}`, "--test-force-exit"];
  const files = chosen.length === 0 ? FILES : chosen[0] === "--short" ? SHORT : chosen;
  const tests = spawn(process.execPath, ["--test", ...options, ...files], { env, stdio: "inherit" });
  return new Promise((resolve) => tests.once("exit", (code) => resolve(code ?? 1)));
}

const cluster = await startCluster().catch((error: Error) => {
  if (process.env["CI"] !== undefined) throw error;
  console.log(`Skipped, because PostgreSQL does not start here: ${error.message}`);
});
if (cluster !== undefined) process.exitCode = await run(cluster, process.argv.slice(2)).finally(cluster.stop);
