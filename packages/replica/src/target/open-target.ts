import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { TargetError, type TargetFault } from "../errors.ts";
import type { AzureBlobPlace } from "./azure-blob.ts";
import { directoryTarget } from "./directory.ts";
import type { Target } from "./target.ts";

/** `<account>.blob.core.windows.net`, and the equivalents in other clouds, DNS zones and private links. */
const ACCOUNT_HOST = /^([a-z0-9]{3,24})\.(?:[a-z0-9]+\.)?(?:privatelink\.)?blob\.(?:core|storage)\.[a-z0-9.-]+$/;
const OTHER_SERVICE_HOST = /\.(dfs|file|queue|table|web)\.(?:core|storage)\./;
const CONTAINER_NAME = /^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/**
 * Opens the target that a text names: a folder (a path or a `file:` URL), or a container of Azure Blob Storage
 * (`https://<account>.blob.core.windows.net/<container>[/prefix][?sas]`, or with the account in the path as for Azurite:
 * `http://127.0.0.1:10000/<account>/<container>[/prefix]`). Makes no request.
 *
 * Access to a container: the SAS in the text, or AZURE_STORAGE_CONNECTION_STRING, or the identity that
 * `DefaultAzureCredential` finds. AZURE_CLIENT_ID names a user-assigned identity.
 * @throws Error that says what is wrong with the text; never shows a SAS or a key
 */
export async function openTarget(text: string, env: NodeJS.ProcessEnv = process.env): Promise<Target> {
  const trimmed = text.trim();
  if (trimmed === "") throw new Error("The backup target is empty: name a folder or the URL of a blob container.");
  if (/AccountKey=|SharedAccessSignature=/i.test(trimmed)) {
    throw new Error(
      "The backup target is a connection string. Set AZURE_STORAGE_CONNECTION_STRING to it, and name the container here: https://<account>.blob.core.windows.net/<container>.",
    );
  }
  // A single letter is a Windows drive.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(trimmed)?.[1]?.toLowerCase();
  if (scheme === undefined) return directoryTarget(resolve(trimmed));
  if (scheme === "file") return directoryTarget(pathOf(trimmed));
  if (scheme !== "https" && scheme !== "http") {
    throw new Error(
      `The backup target begins with ${scheme}:, which is neither a folder nor a blob container (https:).`,
    );
  }
  const { azureBlobTarget } = await import("./azure-blob.ts");
  return azureBlobTarget(await placeOf(trimmed, env));
}

function pathOf(text: string): string {
  try {
    return fileURLToPath(text);
  } catch {
    throw new Error(
      `The backup target ${text} is not the URL of a folder on this machine; write file:///path/to/folder.`,
    );
  }
}

async function placeOf(text: string, env: NodeJS.ProcessEnv): Promise<AzureBlobPlace> {
  const shown = text.split(/[?#]/, 1)[0]?.replace(/\/\/[^/@]*@/, "//") ?? "";
  const wrong = (what: string) => new Error(`The backup target ${shown} ${what}.`);
  if (!URL.canParse(text)) throw wrong("is not a valid URL");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw wrong(
      "contains a user name or password. Use a SAS after ?, a connection string or an identity to access a container",
    );
  }
  const other = OTHER_SERVICE_HOST.exec(url.hostname)?.[1];
  if (other === "file") throw wrong("is a file share. Mount it, and name the folder");
  if (other !== undefined) throw wrong(`is the account's ${other} endpoint. Name its blob endpoint`);

  const parts = url.pathname.split("/").filter((part) => part !== "");
  const inHost = ACCOUNT_HOST.exec(url.hostname)?.[1];
  const account = inHost ?? parts.shift();
  const container = parts.shift();
  if (account === undefined || container === undefined) {
    throw wrong(`names no container. Write ${url.origin}/${inHost === undefined ? "<account>/" : ""}<container>`);
  }
  if (!CONTAINER_NAME.test(container)) {
    throw wrong(
      `names the container ${container}: container names have 3 to 63 lower-case letters, digits and single hyphens`,
    );
  }
  const prefix = decoded(parts, wrong);
  const accountUrl = inHost === undefined ? `${url.origin}/${account}` : url.origin;
  const containerUrl = `${accountUrl}/${container}`;

  if (url.search !== "") {
    if (!url.searchParams.has("sig")) throw wrong("has a query that is not a SAS, because it has no sig");
    return { containerUrl: `${containerUrl}${url.search}`, prefix };
  }
  const connectionString = env["AZURE_STORAGE_CONNECTION_STRING"];
  if (connectionString) return { prefix, ...(await connected(containerUrl, account, connectionString)) };
  if (url.protocol === "http:") {
    throw wrong(
      "is not encrypted, so an identity cannot be used. Use https:, a SAS, or AZURE_STORAGE_CONNECTION_STRING",
    );
  }
  const { DefaultAzureCredential } = await import("@azure/identity");
  const clientId = env["AZURE_CLIENT_ID"];
  return {
    containerUrl,
    prefix,
    credential: new DefaultAzureCredential(clientId ? { managedIdentityClientId: clientId } : {}),
  };
}

function decoded(parts: readonly string[], wrong: (what: string) => Error): string {
  try {
    return parts.map((part) => decodeURIComponent(part)).join("/");
  } catch {
    throw wrong("contains a % that does not encode a character");
  }
}

/** Access to a container with a connection string, which must be for the same account. */
async function connected(
  containerUrl: string,
  account: string,
  connectionString: string,
): Promise<Pick<AzureBlobPlace, "containerUrl" | "credential">> {
  const { BlobServiceClient, StorageSharedKeyCredential } = await import("@azure/storage-blob");
  let service: InstanceType<typeof BlobServiceClient>;
  try {
    service = BlobServiceClient.fromConnectionString(connectionString);
  } catch {
    throw new Error(
      "AZURE_STORAGE_CONNECTION_STRING is not valid. Copy the whole string from the account's access keys.",
    );
  }
  if (service.accountName !== account) {
    throw new Error(
      `AZURE_STORAGE_CONNECTION_STRING is for the account ${service.accountName}, the backup target for ${account}.`,
    );
  }
  if (service.credential instanceof StorageSharedKeyCredential) return { containerUrl, credential: service.credential };
  return { containerUrl: `${containerUrl}${new URL(service.url).search}` };
}

/** Pauses before the further attempts at a read. */
const PAUSES_MS = [50, 150, 450];

/** No attempt starts later than this after the first: then storage is away, not flaky. */
const RETRIED_WITHIN_MS = 2_000;

/** A read needs no space, so a "full" storage is a busy service. */
const PASSING: readonly TargetFault[] = ["unreachable", "full"];

/**
 * The same target, with quickly refused reads tried again. Becoming the primary takes dozens of reads, or hundreds with a
 * long log, and one failure would cost the whole attempt. A denied read is tried again only if an earlier read succeeded:
 * permissions flicker while a token is renewed or a role propagates. Writes are not repeated here; the writers settle what
 * became of them.
 */
export function withRetriedReads(target: Target): Target {
  let isLetIn = false;

  const mayPass = (error: unknown): boolean => {
    if (!(error instanceof TargetError)) return false;
    return PASSING.includes(error.fault) || (error.fault === "denied" && isLetIn);
  };

  const retried = async <T>(attempt: () => Promise<T>): Promise<T> => {
    const lastMs = performance.now() + RETRIED_WITHIN_MS;
    for (const pauseMs of PAUSES_MS) {
      try {
        const result = await attempt();
        isLetIn = true;
        return result;
      } catch (error) {
        if (!mayPass(error) || performance.now() + pauseMs > lastMs) throw error;
      }
      await sleep(pauseMs);
    }
    return attempt();
  };

  return {
    ...target,
    read: (key, range) => retried(() => target.read(key, range)),
    list: (prefix) => retried(() => target.list(prefix)),
  };
}
