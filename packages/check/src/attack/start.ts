import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Attack, environment, sleep, startTarget } from "./target.ts";
import { open, requestText } from "./wire.ts";

/** Promised to container platforms, and a second for a busy machine. */
const MAX_STOP_MS = 26_000;

const REFUSED_WITHIN_MS = 15_000;

/** A start that must be refused with a message. */
function refusedStart(name: string, settings: Readonly<Record<string, string>>, message: RegExp): Attack {
  return {
    name,
    expected: "refuses to start and says why",
    play: async (_target, entry) => {
      const folder = mkdtempSync(join(tmpdir(), "scimtool-attack-"));
      const env = environment({ DATA_DIR: folder, PORT: "0", ...settings });
      const child = spawn(process.execPath, [entry], { env, stdio: ["ignore", "ignore", "pipe"] });
      let output = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
      const ended = new Promise<string>((resolve) => {
        child.once("close", (code) => resolve(`exit code ${code}`));
      });
      const end = await Promise.race([ended, sleep(REFUSED_WITHIN_MS).then(() => "it runs")]);
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
      return {
        text: `${end}, ${message.test(output) ? "with the reason" : "without the reason"}`,
        isHeld: end === "exit code 1" && message.test(output),
      };
    },
  };
}

export const START_ATTACKS: readonly Attack[] = [
  refusedStart("SCIM_SHARED_SECRET=short", { SCIM_SHARED_SECRET: "short" }, /SCIM_SHARED_SECRET.* 12 characters/),
  ...(process.platform === "linux" ? [refusedStart("DATA_DIR=/proc/x", { DATA_DIR: "/proc/x" }, /\/proc\/x/)] : []),
  {
    name: "SIGTERM while a request never ends",
    expected: "ends within 25 s",
    isLong: true,
    play: async (_target, entry) => {
      const target = await startTarget(entry);
      const body = requestText("POST", "/scim/v2/Users", { secret: target.scimSecret, body: "{}" });
      const sockets = [body.slice(0, -1), requestText("GET", "/api/live", { secret: target.adminSecret })].map((text) =>
        open(target.port, text),
      );
      await sleep(500);
      const tookMs = await target.stop();
      for (const socket of sockets) socket.destroy();
      const text = tookMs === undefined ? "had to be killed" : `ended after ${(tookMs / 1_000).toFixed(1)} s`;
      return { text, isHeld: tookMs !== undefined && tookMs < MAX_STOP_MS };
    },
  },
];
