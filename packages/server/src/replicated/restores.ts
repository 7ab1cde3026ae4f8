import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Target } from "@scimtool/replica";
import { RestoreImpossible } from "@scimtool/replica/errors";
import { ScimError } from "@scimtool/scim";
import type { RestorePoints, Restores, Verification } from "../backup/backup.ts";
import { translated } from "./backup.ts";

/** Where the replica stores changes that a replaced primary could not ship. */
const ORPHANS = "replica/orphan/";

/** Prefix of copies from before a schema change. */
const SCHEMA_COPIES = "scim.db.schema-";

/** Disk space reserved for the server's own work. */
const SPARE_BYTES = 64 * 1_024 * 1_024;

/**
 * The restore points of a target.
 * @returns undefined if it holds no database
 * @throws RestoreImpossible, TargetError
 */
export async function restorePointsAt(target: Target): Promise<RestorePoints | undefined> {
  const { points } = await import("@scimtool/replica");
  const found = await points(target);
  if (found === undefined) return undefined;
  const [orphans, copies] = await Promise.all([target.list(ORPHANS), target.list(SCHEMA_COPIES)]);
  return { ...found, orphans, copies };
}

/** Restores beside the running server, one at a time, because each needs space for a database. */
export function restoresFrom(target: Target, databaseFile: string): Restores {
  let verification: Verification | undefined;
  let isBusy = false;

  const checkIdle = () => {
    if (!isBusy) return;
    throw new ScimError(409, "A verification or a download is already running. Try again when it has finished.");
  };

  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    checkIdle();
    isBusy = true;
    try {
      await checkRoom(databaseFile);
      return await work();
    } catch (error) {
      throw translatedRestore(error);
    } finally {
      isBusy = false;
    }
  };

  return {
    points: async () => {
      try {
        const found = await restorePointsAt(target);
        if (found !== undefined) return found;
      } catch (error) {
        throw translatedRestore(error);
      }
      throw new ScimError(409, `${target.name} holds no database.`);
    },
    verification: () => verification,
    verify: () => {
      if (verification?.state === "running") return verification;
      checkIdle();
      const started: Verification = { state: "running", startedMs: Date.now(), doneBytes: 0, totalBytes: 0 };
      verification = started;
      alone(async () => {
        const { verify } = await import("@scimtool/replica");
        const onProgress = (done: { readonly doneBytes: number; readonly totalBytes: number }) => {
          const { doneBytes, totalBytes } = done;
          verification = { ...started, doneBytes, totalBytes };
        };
        return verify(target, { onProgress });
      }).then(
        ({ point, objects, bytes, durationMs, warnings }) => {
          const found = { pointMs: point.timeMs, objects, bytes, durationMs, warnings };
          verification = { state: "ok", startedMs: started.startedMs, ...found };
        },
        (error: Error) => {
          verification = { state: "failed", startedMs: started.startedMs, detail: error.message };
        },
      );
      return started;
    },
    copyAt: (atMs, signal) =>
      alone(async () => {
        const { restore } = await import("@scimtool/replica");
        const folder = await mkdtemp(join(tmpdir(), "scimtool-download-"));
        const remove = () => rm(folder, { recursive: true, force: true });
        try {
          const file = join(folder, "scim.db");
          const { point } = await restore(target, file, { ...(atMs !== undefined && { atMs }), signal });
          const { size } = await stat(file);
          const content = createReadStream(file);
          content.once("close", () => void remove());
          return { pointMs: point.timeMs, bytes: size, content };
        } catch (error) {
          await remove();
          throw error;
        }
      }),
  };
}

/** A full disk would stop the server itself. @throws ScimError 409 */
async function checkRoom(databaseFile: string): Promise<void> {
  const [{ bavail, bsize }, { size }] = await Promise.all([statfs(tmpdir()), stat(databaseFile)]);
  if (bavail * bsize > size + SPARE_BYTES) return;
  throw new ScimError(409, `A restored copy needs ${size} bytes in ${tmpdir()}, where ${bavail * bsize} are free.`);
}

function translatedRestore(error: unknown): unknown {
  return error instanceof RestoreImpossible ? new ScimError(409, error.message, { cause: error }) : translated(error);
}
