import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Ended, runNode } from "../../packages/server/src/testing/command.ts";
import { type Program, startProgram } from "../../packages/server/src/testing/program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NEXT_VERSION = join(ROOT, "packages/server/src/testing/next-version.ts");
const READY_WITHIN_MS = 30_000;
const POLL_MS = 50;

export const SECRET = "secret-of-provisioning";

/** This version, and a fictitious next one with one more schema step. */
export type Version = "this" | "next";

/** Builds both versions as the Dockerfile does. */
export function buildVersions(folder: string): void {
  for (const [version, more] of [
    ["this", []],
    ["next", ["--import", NEXT_VERSION]],
  ] as const) {
    execFileSync(process.execPath, [join(ROOT, "scripts/build.ts"), "--outdir", join(folder, version), ...more]);
  }
}

/** Revisions of a container app: the image's own command and variables, and a new folder for each EmptyDir. */
export class Revisions {
  readonly #folder: string;
  readonly #images: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #running = new Set<Program>();
  #count = 0;

  /**
   * @param images from `buildVersions`
   * @param env of the app, with its backup target
   */
  constructor(folder: string, images: string, env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#images = images;
    this.#env = { ...imageVariables(), SCIM_SHARED_SECRET: SECRET, ADMIN_SECRET: "secret-of-admins", ...env };
  }

  /** Starts a revision and waits until its readiness probe succeeds. */
  async start(version: Version, isFirst = false, args: readonly string[] = []): Promise<Program> {
    const program = await startProgram({
      command: this.#command(version),
      args,
      dataDir: this.#newFolder(),
      env: this.#env,
      standby: !isFirst,
    });
    this.#running.add(program);
    const startMs = performance.now();
    while (!(await isReady(program))) {
      if (performance.now() - startMs > READY_WITHIN_MS) throw new Error(`Not ready:\n${program.output()}`);
      await delay(POLL_MS);
    }
    return program;
  }

  /** Starts a server with only a database, without the backup target. */
  async startAlone(version: Version, file: string): Promise<Program> {
    const program = await startProgram({
      command: this.#command(version),
      args: ["--database-url", `file:${file}`],
      dataDir: this.#newFolder(),
      env: { ...this.#env, BACKUP_TARGET: "" },
    });
    this.#running.add(program);
    return program;
  }

  /** Runs a command of the image to its end. */
  run(version: Version, ...args: string[]): Promise<Ended> {
    return runNode([...this.#command(version), ...args], this.#env);
  }

  /** A start that must fail. */
  runStart(version: Version): Promise<Ended> {
    return this.run(version, "--port", "0", "--data-dir", this.#newFolder());
  }

  /** As the platform does: SIGTERM, then the EmptyDir is removed. @throws Error if it has to be killed */
  async stop(program: Program): Promise<void> {
    const code = await program.stop();
    this.#forget(program);
    if (code !== 0) throw new Error(`Exit code ${code} after SIGTERM:\n${program.output()}`);
  }

  /** The machine is lost. */
  async crash(program: Program): Promise<void> {
    await program.kill();
    this.#forget(program);
  }

  async killAll(): Promise<void> {
    for (const program of this.#running) await this.crash(program);
  }

  #forget(program: Program): void {
    this.#running.delete(program);
    rmSync(program.dataDir, { recursive: true, force: true });
  }

  #newFolder(): string {
    const folder = join(this.#folder, `empty-dir-${++this.#count}`);
    mkdirSync(folder);
    return folder;
  }

  #command(version: Version): string[] {
    return imageCommand().map((word) => word.replace(/^\/app\b/, join(this.#images, version)));
  }
}

async function isReady({ baseUrl }: Program): Promise<boolean> {
  const response = await fetch(new URL("/readyz", baseUrl));
  await response.text();
  return response.ok;
}

const DOCKERFILE = readFileSync(join(ROOT, "Dockerfile"), "utf8");

/** The command of the image. */
function imageCommand(): string[] {
  const [node, ...command] = JSON.parse(/^CMD (\[.*\])$/m.exec(DOCKERFILE)?.[1] ?? "[]") as string[];
  if (node !== "node") throw new Error("The image's command is not node.");
  return command;
}

/** The variables of the image, except the address, which is the loopback interface and a free port here. */
function imageVariables(): Record<string, string> {
  const pairs = (/^ENV (.*)$/m.exec(DOCKERFILE)?.[1] ?? "").split(" ").map((pair) => pair.split("="));
  const { HOST: _host, PORT: _port, ...variables } = Object.fromEntries(pairs);
  return variables;
}
