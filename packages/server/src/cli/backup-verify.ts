import { formatDuration } from "../duration.ts";
import { runCommand } from "./command.ts";
import { openFrom } from "./from-target.ts";
import { showProgress } from "./progress.ts";
import { count, formatBytes, formatState } from "./text.ts";

export type BackupVerifyOptions = { readonly from?: string; readonly json?: boolean };

/** `scimtool backup verify`: proves that what a backup target holds can be restored, by doing it. */
export function backupVerify({ from, json }: BackupVerifyOptions): Promise<void> {
  return runCommand("scimtool backup verify", async (signal) => {
    const target = await openFrom(from);
    const { verify } = await import("@scimtool/replica");
    const progress = await showProgress("Verifying");
    try {
      const onProgress = (done: { doneBytes: number; totalBytes: number }) =>
        progress.update(done.doneBytes, done.totalBytes);
      const { point, objects, bytes, durationMs, warnings, databaseId } = await verify(target, { onProgress, signal });
      progress.end();
      if (json === true) {
        const time = new Date(point.timeMs).toISOString();
        console.log(JSON.stringify({ verdict: "ok", time, databaseId, point, objects, bytes, durationMs, warnings }));
        return;
      }
      for (const warning of warnings) console.log(`Warning: ${warning}`);
      console.log(
        `${target.name} is in order: ${formatState(point)} restored from ${count(objects, "object")} (${formatBytes(bytes)}) in ` +
          `${formatDuration(durationMs)}; every page and index checked.`,
      );
    } finally {
      progress.end();
    }
  });
}
