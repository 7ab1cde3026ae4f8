import { CommandRefused, runCommand } from "./command.ts";
import { openFrom } from "./from-target.ts";
import { columns, count, formatBytes } from "./text.ts";

/** Where the library keeps what a writer that was replaced could not ship. */
const ORPHANS = "replica/orphan/";

export type BackupListOptions = { readonly from?: string; readonly json?: boolean };

/** `scimtool backup list`: tells what can be restored from a backup target. */
export function backupList({ from, json }: BackupListOptions): Promise<void> {
  return runCommand("scimtool backup list", async () => {
    const target = await openFrom(from);
    const { points } = await import("@scimtool/replica");
    const found = await points(target);
    if (found === undefined) {
      throw new CommandRefused(`${target.name} holds no database. Check that this is the target meant.`);
    }
    const orphans = await target.list(ORPHANS);
    const { oldestMs, newestMs, bases, objects, bytes, warnings, databaseId } = found;
    if (json === true) {
      const range = { oldest: new Date(oldestMs).toISOString(), newest: new Date(newestMs).toISOString() };
      console.log(JSON.stringify({ databaseId, ...range, bases, orphans, objects, bytes, warnings }));
      return;
    }
    for (const warning of warnings) console.log(`Warning: ${warning}`);
    console.log(`${target.name}: ${count(objects, "object")}, ${formatBytes(bytes)}`);
    console.log(`Any time from ${exactTime(oldestMs)} to ${exactTime(newestMs)} can be restored.`);
    console.log(
      `\nSnapshots\n${columns(bases.map(({ timeMs, bytes }) => [`  ${exactTime(timeMs)}`, formatBytes(bytes)]))}`,
    );
    if (orphans.length === 0) return;
    console.log("\nLeft over of writers that were replaced (scimtool restore --orphan <key>)");
    for (const key of orphans) console.log(`  ${key}`);
  });
}

/** To the millisecond, as `restore --at` takes it: a second that is cut off would lie before the oldest. */
function exactTime(ms: number): string {
  return new Date(ms).toISOString();
}
