/** Rehearses upgrades and failures of a deployment with the built program. `--help` lists the options. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startAzurite } from "../../packages/replica/src/target/testing/azurite.ts";
import { buildVersions } from "./revisions.ts";
import { rehearse, type StepResult } from "./steps.ts";

const HELP = `npm run rehearse -- [options]

Builds this version and a made-up next one with another database schema. Starts them as the image does, with folders in
place of EmptyDir, a backup target, and clients that write all the time. Goes through crash, scale to zero, hand-over,
upgrade, rollback and restores. The exit code is 1 if an acknowledged write is lost, or a step fails.

  --short            less time for each step: about one minute in all instead of four
  --target <where>   folder, blob (Azurite) or both (both)
  --help             this text
`;

const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    target: { type: "string", default: "both" },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-rehearsal-"));
  try {
    buildVersions(folder);
    let isLossless = true;
    for (const kind of ["folder", "blob"].filter((kind) => [kind, "both"].includes(values.target))) {
      const place = join(folder, kind);
      mkdirSync(place);
      const azurite = kind === "blob" ? await startAzurite() : undefined;
      const env: Record<string, string> =
        azurite === undefined
          ? { BACKUP_TARGET: join(place, "share") }
          : {
              BACKUP_TARGET: `${azurite.accountUrl}/scimtool`,
              AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString,
            };
      try {
        const options = { folder: place, images: folder, env, loadMs: values.short ? 1_000 : 6_000 };
        for await (const result of rehearse(options)) {
          console.log(line(kind, result));
          isLossless &&= result.lost.length === 0;
        }
      } finally {
        await azurite?.stop();
      }
    }
    return isLossless;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function line(kind: string, { step, acknowledged, lost, longestPauseMs }: StepResult): string {
  const names = lost.length === 0 ? "" : ` (${lost.slice(0, 3).join(", ")}${lost.length > 3 ? ", …" : ""})`;
  return [
    kind.padEnd(8),
    step.padEnd(52),
    `${acknowledged.toLocaleString("en-US")} acknowledged,`.padStart(21),
    `${lost.length} lost${names},`,
    `longest pause ${(longestPauseMs / 1_000).toFixed(1)} s`,
  ].join(" ");
}

if (values.help) process.stdout.write(HELP);
else if (!["folder", "blob", "both"].includes(values.target)) {
  console.error(`--target ${values.target} is not folder, blob or both.`);
  process.exitCode = 1;
} else {
  try {
    process.exitCode = (await main()) ? 0 : 1;
  } catch (error) {
    console.error(`The rehearsal failed: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
