#!/usr/bin/env node
import { lstatSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { makeFolder } from "../folder.ts";

/**
 * The folder for compiled code, created if it is missing. Whoever can write to it can run code as this user. Node's
 * default is a folder that all users of a machine share; this one belongs to this user, and nobody else can open it.
 * @returns undefined if there is no such folder; the program then starts without a cache
 */
function compileCacheFolder(): string | undefined {
  try {
    const folder = join(homedir(), ".cache", "scimtool");
    makeFolder(folder, 0o700);
    const entry = lstatSync(folder);
    const isOwn = process.getuid === undefined || (entry.uid === process.getuid() && (entry.mode & 0o077) === 0);
    return entry.isDirectory() && isOwn ? folder : undefined;
  } catch {
    // No home folder, or a read-only disk.
    return undefined;
  }
}

// Keeping compiled code between starts halves the time to the first answer.
const folder = compileCacheFolder();
if (folder !== undefined) enableCompileCache(folder);

const { runCommandLine } = await import("./program.ts");
await runCommandLine(process.argv);
