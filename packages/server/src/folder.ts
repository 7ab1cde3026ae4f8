import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Creates a folder and its missing parents. Node's own `recursive` never returns for a path such as `/proc/x`, where the
 * parent exists and cannot contain it.
 * @param mode permissions of new folders
 * @throws Error of the operating system, with its code
 */
export function makeFolder(path: string, mode = 0o777): void {
  const exists = () => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (exists()) return;
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) makeFolder(parent, mode);
  try {
    mkdirSync(path, mode);
  } catch (error) {
    // Another process may have created it in the meantime.
    if (!exists()) throw error;
  }
}
