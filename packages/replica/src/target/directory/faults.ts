import { ContentFailed } from "../content.ts";
import { TargetError, type TargetFault } from "../target.ts";

/** What the operating system's errors mean for whoever runs this, and what to do. */
const FAULTS: Readonly<Record<string, readonly [TargetFault, string]>> = {
  ENOSPC: ["full", "has no space left. Free some, or give it more"],
  EDQUOT: ["full", "has no space left within its quota. Free some, or raise the quota"],
  EROFS: ["read-only", "is mounted read-only. Mount it for writing"],
  EACCES: ["denied", "refuses this user. Let the user that this process runs as read and write there"],
  EPERM: ["denied", "refuses this user. Let the user that this process runs as read and write there"],
  ENOENT: ["missing", "is not there. Mount it again, or make it"],
  ENOTDIR: ["missing", "has a file where a folder should be. Name another folder, or move that file away"],
  EEXIST: ["missing", "has a file where a folder should be. Name another folder, or move that file away"],
};

/** Runs an operation on the folder; errors of the operating system become TargetErrors, others stay what they are. */
export async function told<T>(key: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof ContentFailed) throw error.cause;
    if (codeOf(error) === "" || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    const [fault, what] = FAULTS[codeOf(error)] ?? ["unreachable", "did not answer as it should. Look at its mount"];
    throw new TargetError(fault, `${key}: the folder ${what} (${(error as Error).message}).`, error);
  }
}

/** @returns the error's code, such as ENOENT, or nothing */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? "";
}

/** What an attempt gives, or `missing` when the file or folder it is about does not exist. */
export async function orIfMissing<T, U>(attempt: Promise<T>, missing: U): Promise<T | U> {
  try {
    return await attempt;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return missing;
    throw error;
  }
}
