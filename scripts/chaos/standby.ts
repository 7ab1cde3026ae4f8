import { execFile, execFileSync } from "node:child_process";
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../packages/server/src/store/postgres/testing/cluster.ts";

/** Two PostgreSQL servers, of which the standby confirms each commit of the primary. */
export type DatabasePair = {
  readonly primary: string;
  readonly standby: string;
  /** Ends the primary as a crash does. */
  readonly crashPrimary: () => Promise<void>;
  readonly promoteStandby: () => Promise<void>;
  /** Also removes their data. */
  readonly stop: () => Promise<void>;
};

/** The npm package has no pg_basebackup, and that of another version does not fit its server. */
const PROGRAMS = ["initdb", "pg_basebackup", "pg_ctl", "postgres"];

/** The folder of an installed PostgreSQL server, or undefined. */
export function installedPostgres(): string | undefined {
  const folders = [...globSync("/usr/lib/postgresql/*/bin"), ...(process.env["PATH"] ?? "").split(delimiter)];
  return folders.find((folder) => PROGRAMS.every((program) => existsSync(join(folder, program))));
}

/** @param programs the folder of the PostgreSQL server */
export async function startPair(programs: string): Promise<DatabasePair> {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-failover-"));
  const owner = databaseOwner();
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const run = async (program: string, ...args: string[]) => {
    await promisify(execFile)(join(programs, program), args, { ...owner, cwd: folder });
  };
  const running = new Set<string>();
  const start = async (name: string, settings = "") => {
    const port = await freePort();
    const options = `-p ${port} -k "" -c listen_addresses=127.0.0.1 -c fsync=off ${settings}`;
    await run("pg_ctl", "start", "--wait", "-D", name, "-l", `${name}.log`, "-o", options);
    running.add(name);
    return `postgres://scimtool@127.0.0.1:${port}/postgres`;
  };
  const crash = async (name: string) => {
    await run("pg_ctl", "stop", "--mode=immediate", "-D", name);
    running.delete(name);
  };
  const stop = async () => {
    for (const name of running) await crash(name);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await run("initdb", "-D", "primary", "--username=scimtool", "--auth=trust", "--encoding=UTF8", "--no-sync");
    const primary = await start("primary", `-c synchronous_standby_names="*"`);
    await run("pg_basebackup", "-d", primary, "-D", "standby", "-R", "-X", "stream", "-c", "fast", "--no-sync");
    const standby = await start("standby");
    return {
      primary,
      standby,
      crashPrimary: () => crash("primary"),
      promoteStandby: () => run("pg_ctl", "promote", "--wait", "-D", "standby"),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** PostgreSQL refuses to run as root. */
function databaseOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (kind: string) => Number(execFileSync("id", [kind, "postgres"]));
  return { uid: idOf("-u"), gid: idOf("-g") };
}
