import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { shortPath } from "../secrets.ts";
import { CommandRefused } from "./command.ts";

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
  const kept = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  if (kept !== "") return usable({ secret: kept, inShell: `$(cat '${shortPath(file)}')` }, shortPath(file));
  throw new CommandRefused(
    `there is no secret in ${shortPath(file)}. Start the server first, in another terminal and from this folder, ` +
      `with npm start; or give its ${name} by --secret or ${variable}, or its data folder by --data-dir.`,
  );
}

/** Visible ASCII characters without blanks (RFC 6750 §2.1). */
function usable(found: FoundSecret, source: string): FoundSecret {
  if (/^[!-~]+$/.test(found.secret)) return found;
  throw new CommandRefused(
    `the secret of ${source} cannot be sent: it must have visible ASCII characters only, no blanks and one line.`,
  );
}
