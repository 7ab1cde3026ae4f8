import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join, matchesGlob, relative } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

// Runs the steps of the Dockerfile as commands, with a folder as the file system of each stage.

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "scimtool-image-"));
after(() => rmSync(folder, { recursive: true, force: true }));

type Stage = {
  readonly place: string;
  workdir: string;
  env: Record<string, string>;
  command: string[];
  health: string[];
};

const stages = new Map<string, Stage>();

/** An image path in the stage's folder. */
const inStage = ({ place, workdir }: Stage, path: string) =>
  path.startsWith("/") ? join(place, path) : join(place, workdir, path);

const ignored = readFileSync(join(root, ".dockerignore"), "utf8").trim().split("\n");
const isSent = (path: string) => !ignored.some((pattern) => matchesGlob(relative(root, path), pattern));

function copy(stage: Stage, words: readonly string[]): void {
  const from = /^--from=(.+)/.exec(words[0] ?? "")?.[1];
  const [target = "", ...sources] = words.filter((word) => !word.startsWith("--")).toReversed();
  const destination = inStage(stage, target);
  for (const source of sources) {
    const path = from === undefined ? join(root, source) : inStage(stages.get(from) as Stage, source);
    const isFile = basename(path).includes(".") && source !== ".";
    cpSync(path, isFile ? join(destination, basename(path)) : destination, {
      recursive: true,
      ...(from === undefined && { filter: isSent }),
    });
  }
}

function run(stage: Stage, command: string): void {
  // Only root may change owners.
  const script = `chown() { :; }; ${command.replaceAll(/(?<= )\/(?=\w)/g, `${stage.place}/`)}`;
  execFileSync("sh", ["-ec", script], {
    cwd: join(stage.place, stage.workdir),
    // Otherwise npm would install only production dependencies.
    env: { ...process.env, ...stage.env, NODE_ENV: "", npm_config_prefer_offline: "true" },
    stdio: ["ignore", "ignore", "inherit"],
  });
}

const lines = readFileSync(join(root, "Dockerfile"), "utf8")
  .replaceAll(/^#.*\n/gm, "")
  .replaceAll(/\\\n\s*/g, "")
  .split("\n")
  .filter((line) => line !== "");

function carryOut(): Stage {
  let stage: Stage | undefined;
  for (const line of lines) {
    const [, instruction, rest = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (instruction === "FROM") {
      const name = / AS (\w+)$/.exec(rest)?.[1] ?? "final";
      stage = { place: join(folder, name), workdir: "/", env: {}, command: [], health: [] };
      mkdirSync(stage.place);
      stages.set(name, stage);
      continue;
    }
    assert.ok(stage, line);
    switch (instruction) {
      case "WORKDIR":
        stage.workdir = rest;
        mkdirSync(join(stage.place, rest), { recursive: true });
        break;
      case "COPY":
        copy(stage, rest.split(" "));
        break;
      case "RUN":
        run(stage, rest);
        break;
      case "ENV":
        Object.assign(stage.env, Object.fromEntries(rest.split(" ").map((pair) => pair.split("="))));
        break;
      case "CMD":
        stage.command = JSON.parse(rest);
        break;
      case "HEALTHCHECK":
        stage.health = JSON.parse(/CMD (.*)$/.exec(rest)?.[1] ?? "");
        break;
      default:
        assert.match(line, /^(USER node|VOLUME \/data|EXPOSE 8080)$/);
    }
  }
  assert.ok(stage);
  return stage;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

test("the Dockerfile's steps, run in empty folders, make a server that starts, is healthy and stops", async () => {
  const stage = carryOut();
  assert.deepEqual(readdirSync(stage.place).sort(), ["app", "data"], "nothing but the bundle and the data folder");
  const [node, ...rest] = stage.command;
  assert.equal(node, "node");
  const env = {
    PATH: dirname(process.execPath),
    ...stage.env,
    DATA_DIR: inStage(stage, stage.env["DATA_DIR"] ?? ""),
    // On this machine only, and not on 8080.
    HOST: "127.0.0.1",
    PORT: String(await freePort()),
  };
  const server = spawn(
    process.execPath,
    rest.map((word) => (word.startsWith("/") ? inStage(stage, word) : word)),
    { cwd: stage.place, env, stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    for await (const chunk of server.stdout) if (/SCIM base URL/.test(String(chunk))) break;
    execFileSync(process.execPath, stage.health.slice(1), { env });
    assert.ok(readdirSync(env.DATA_DIR).includes("scim.db"));
  } finally {
    server.kill("SIGTERM");
    assert.deepEqual(await once(server, "exit"), [0, null]);
  }
});
