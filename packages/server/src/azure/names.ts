import { createHash } from "node:crypto";

const HASH_CHARACTERS = 13;
const MAX_STORAGE_NAME = 24;
const MAX_APP_NAME = 32;

/** @returns the rule for names of container apps that a name breaks; undefined if it is valid */
export function appNameProblem(name: string): string | undefined {
  if (name.length < 2) return "it has fewer than 2 characters";
  if (name.length > MAX_APP_NAME) return `it has ${name.length} characters; ${MAX_APP_NAME} are allowed`;
  if (/[A-Z]/.test(name)) return "it has capital letters";
  const [other] = /[^a-z0-9-]/.exec(name) ?? [];
  if (other !== undefined) return `it contains '${other}'; only a-z, 0-9 and hyphens are allowed`;
  if (!/^[a-z]/.test(name)) return "it does not start with a letter";
  if (name.endsWith("-")) return "it ends with a hyphen";
  return name.includes("--") ? "it contains two hyphens in a row" : undefined;
}

/** @returns the valid name that is closest */
export function validAppName(name: string): string {
  const valid = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, MAX_APP_NAME)
    .replace(/-+$/, "");
  return valid.length < 2 ? "scimtool" : valid;
}

/**
 * The storage account of an app: the same on every run, different in every group and subscription. deploy-azure.ps1
 * derives the same name.
 * @param attempt 2 and above give other names, if somebody else in Azure has the first one
 */
export function storageAccountName(app: string, group: string, subscriptionId: string, attempt = 1): string {
  const key = `${subscriptionId}/${group}/${app}`.toLowerCase() + (attempt > 1 ? `/${attempt}` : "");
  const hash = createHash("sha256").update(key).digest("hex").slice(0, HASH_CHARACTERS);
  const start = app.toLowerCase().replace(/[^a-z0-9]/g, "");
  return start.slice(0, MAX_STORAGE_NAME - HASH_CHARACTERS) + hash;
}
