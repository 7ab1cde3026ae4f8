/** Memory that a backup target adds to the server. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { userBody } from "../../people.ts";
import { populate } from "../../population.ts";
import { benchSecret, type ServerProcess, startServer } from "../../server-process.ts";
import { type Bench, median } from "../bench.ts";
import { atMost, type Figures, megabytes } from "../report.ts";

const build = fileURLToPath(new URL("../../../scripts/build.ts", import.meta.url));
const users = 20_000;
const rate = 500;
const paceMs = 10;
const firstPath = "/Users?count=1";
const goalMemoryBytes = 30e6;

/** Long enough for a base to become due. */
const leastSeconds = 20;

/** A plain copy is made in the middle. */
const copyEverySeconds = 8;

export async function serverMemory(bench: Bench): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-bench-server-"));
  try {
    bench.progress(`the server, ${users} users`);
    const program = join(folder, "program");
    execFileSync(process.execPath, [build, "--outdir", program]);
    const entry = join(program, "scimtool.mjs");
    const template = join(folder, "template");
    mkdirSync(template);
    const first = await startServer({ entry, folder: template, cores: undefined, withProbe: false, firstPath });
    await populate(first, { users, connections: 32 });
    await first.stop();

    const peaks: { readonly without: number[]; readonly withIt: number[] } = { without: [], withIt: [] };
    for (let run = 1; run <= bench.options.runs; run++) {
      bench.progress(`the server at ${rate} writes/s, run ${run} of ${bench.options.runs}`);
      for (const replicates of [false, true]) {
        const place = join(folder, `run-${run}-${replicates}`);
        cpSync(template, place, { recursive: true });
        const backup = replicates ? { target: join(place, "target"), intervalSeconds: copyEverySeconds } : undefined;
        if (backup !== undefined) mkdirSync(backup.target);
        const server = await startServer({
          ...{ entry, folder: place, cores: undefined, withProbe: false, firstPath },
          backup,
        });
        await write(server, Math.max(leastSeconds, bench.options.seconds), users * run);
        (replicates ? peaks.withIt : peaks.without).push(server.peakResidentBytes() ?? Number.NaN);
        await server.stop();
        rmSync(place, { recursive: true, force: true });
      }
    }
    const [without, withIt] = [median(peaks.without), median(peaks.withIt)];
    return {
      rows: [
        {
          name: `peak memory of the server at ${rate} writes/s, semi-sync, with plain copies`,
          without: megabytes(without),
          with: megabytes(withIt),
          ...atMost(withIt - without, goalMemoryBytes, megabytes),
        },
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Creates users at a steady rate. Throws if one is rejected. */
async function write(server: ServerProcess, seconds: number, firstUser: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const startMs = performance.now();
  const answers: Promise<void>[] = [];
  while (performance.now() - startMs < seconds * 1000) {
    const due = ((performance.now() - startMs) / 1000) * rate;
    while (answers.length < due) answers.push(create(agent, server.port, firstUser + answers.length));
    await sleep(paceMs);
  }
  await Promise.all(answers);
  agent.destroy();
}

function create(agent: Agent, port: number, user: number): Promise<void> {
  const headers = { authorization: `Bearer ${benchSecret}`, "content-type": "application/scim+json" };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // The caller that waits for all of them gets the first error.
  promise.catch(() => undefined);
  const sent = request({ agent, port, method: "POST", path: "/scim/v2/Users", headers }, (answer) => {
    answer.resume();
    if (answer.statusCode === 201) answer.once("end", resolve);
    else reject(new Error(`a user was answered ${answer.statusCode}`));
  });
  sent.once("error", reject);
  sent.end(JSON.stringify(userBody(user)));
  return promise;
}
