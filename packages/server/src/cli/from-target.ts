import type { Target } from "@scimtool/replica";
import { CommandRefused } from "./command.ts";

/**
 * Opens the backup target that a command works on: as given, or BACKUP_TARGET.
 * @throws CommandRefused without either; Error when it cannot be one
 */
export async function openFrom(from: string | undefined): Promise<Target> {
  const { BACKUP_TARGET: ofEnvironment = "" } = process.env;
  const text = from ?? ofEnvironment;
  if (text.trim() === "") {
    throw new CommandRefused("which backup target? Name it by --from or BACKUP_TARGET, such as --from /mnt/backup.");
  }
  const { openTarget } = await import("@scimtool/replica");
  return openTarget(text, process.env);
}
