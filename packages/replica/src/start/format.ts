import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ReplicaStartFailed } from "../refusal.ts";
import type { Target } from "../target/target.ts";

const KEY = "replica/format.json";
const FORMAT = 1;

/** Another one may be writing it just now; one that has not finished after so many looks never will. */
const LOOKS = 20;
const LOOK_MS = 100;

/** @returns the id of the database that lives at the target; makes one where there is none */
export async function ensureDatabaseId(target: Target): Promise<string> {
  const databaseId = randomUUID();
  const content = Buffer.from(`${JSON.stringify({ format: FORMAT, databaseId, createdMs: Date.now() })}\n`);
  for (let looks = 1; ; looks++) {
    const known = await readDatabaseId(target);
    if (known !== undefined) return known;
    if ((await target.create(KEY, content)) === "created") return databaseId;
    // Cut off by a writer that died in its first second: nothing else can be there yet.
    if (looks > LOOKS) await target.replace(KEY, content);
    else await sleep(LOOK_MS);
  }
}

/**
 * @returns the id of the database that lives at the target; undefined when there is none, or it was cut off
 * @throws ReplicaStartFailed when a newer version has written it
 */
export async function readDatabaseId(target: Target): Promise<string | undefined> {
  const bytes = await target.read(KEY);
  if (bytes === undefined) return undefined;
  let content: { readonly format?: unknown; readonly databaseId?: unknown } | null;
  try {
    content = JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof content?.format === "number" && content.format > FORMAT) {
    throw new ReplicaStartFailed(
      `${target.name} was written by a newer version (format ${content.format}). Upgrade this program.`,
    );
  }
  return typeof content?.databaseId === "string" ? content.databaseId : undefined;
}
