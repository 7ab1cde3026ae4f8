/** Plays scenes of provisioning against a server that it starts, and prints what the product says about each. */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startTarget } from "../attack/target.ts";
import { isAnswered, play, textOf } from "./play.ts";
import { SCENES } from "./scenes.ts";

const HELP = `npm run scenes -- [--only <text>]

Plays provisioning incidents against a server on the loopback and prints what an administrator reads about each.
The exit code is 1 if one is not explained.

  --only <text>   only the scenes whose name contains this text
`;

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, help: { type: "boolean", default: false } },
});
if (values.help) {
  process.stdout.write(HELP);
} else {
  const target = await startTarget(fileURLToPath(new URL("../../../server/src/cli/main.ts", import.meta.url)));
  const silent: string[] = [];
  for (const [at, scene] of SCENES.entries()) {
    if (!scene.name.toLowerCase().includes(values.only.toLowerCase())) continue;
    const told = await play(scene, `scene-${at}`, target);
    if (!isAnswered(scene, told)) silent.push(scene.name);
    process.stdout.write(`${textOf(scene, told)}\n\n`);
  }
  await target.stop();
  for (const name of silent) process.stdout.write(`Not explained: ${name}\n`);
  process.exitCode = silent.length === 0 ? 0 : 1;
}
