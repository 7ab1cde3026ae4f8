import { readFileSync } from "node:fs";
import { join } from "node:path";
import { shortPath } from "../secrets.ts";
import { CommandRefused } from "./command.ts";
import { shellWord } from "./text.ts";

/** A secret, and how a shell line refers to it without showing it. */
export type FoundSecret = { readonly secret: string; readonly inShell: string };

const KINDS = {
  scim: { variable: "SCIM_SHARED_SECRET", name: "SCIM secret" },
  admin: { variable: "ADMIN_SECRET", name: "admin secret" },
} as const;

/**
 * The secret of a server: as given, of the environment, or of its data folder.
 * @throws CommandRefused when there is none, or one that no header can carry, which is not repeated
 */
export function findSecret(
  { secret, dataDir }: { readonly secret?: string; readonly dataDir: string },
  kind: keyof typeof KINDS,
): FoundSecret {
  const { variable, name } = KINDS[kind];
  if (secret !== undefined && secret !== "") return usable({ secret, inShell: "<secret>" }, "--secret");
  const { [variable]: ofEnvironment = "" } = process.env;
  if (ofEnvironment !== "") return usable({ secret: ofEnvironment, inShell: `$${variable}` }, variable);
  const file = join(dataDir, "secrets", kind);
  const kept = secretIn(file, kind);
  if (kept !== "") return usable({ secret: kept, inShell: `$(cat ${shellWord(shortPath(file))})` }, shortPath(file));
  throw new CommandRefused(
    `there is no secret in ${shortPath(file)}. Start the server first, in another terminal and from this folder, ` +
      `with npm start; or give its ${name} by --secret or ${variable}, or its data folder by --data-dir.`,
  );
}

/** @returns an empty text when there is no such file */
function secretIn(file: string, kind: keyof typeof KINDS): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    const { variable, name } = KINDS[kind];
    throw new CommandRefused(
      `${shortPath(file)} cannot be read (${code}). Run this as the user whom the server runs as; ` +
        `or give its ${name} by --secret or ${variable}.`,
    );
  }
}

/** Visible ASCII characters without blanks (RFC 6750 §2.1). */
function usable(found: FoundSecret, source: string): FoundSecret {
  if (/^[!-~]+$/.test(found.secret)) return found;
  throw new CommandRefused(
    `the secret of ${source} cannot be sent: it must have visible ASCII characters only, no blanks and one line.`,
  );
}
