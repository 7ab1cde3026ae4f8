import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { TargetError, type TargetFault } from "../errors.ts";
import type { AzureBlobPlace } from "./azure-blob.ts";
import { directoryTarget } from "./directory.ts";
import type { Target } from "./target.ts";

/** `<account>.blob.core.windows.net`, and the same in other clouds, in DNS zones and behind private links. */
const ACCOUNT_HOST = /^([a-z0-9]{3,24})\.(?:[a-z0-9]+\.)?(?:privatelink\.)?blob\.(?:core|storage)\.[a-z0-9.-]+$/;
const OTHER_SERVICE_HOST = /\.(dfs|file|queue|table|web)\.(?:core|storage)\./;
const CONTAINER_NAME = /^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/**
 * Opens the target that a text names: a folder (a path or a `file:` URL), or a container of Azure Blob Storage
 * (`https://<account>.blob.core.windows.net/<container>[/prefix][?sas]`, or with the account in the path, as Azurite has
 * it: `http://127.0.0.1:10000/<account>/<container>[/prefix]`). Makes no request.
 *
 * A container is accessed with the SAS in the text; else with AZURE_STORAGE_CONNECTION_STRING; else with the identity that
 * `DefaultAzureCredential` finds, where AZURE_CLIENT_ID tells which, if it is a user-assigned one.
 * @throws Error that says what is wrong with the text; never shows a SAS or a key
 */
export async function openTarget(text: string, env: NodeJS.ProcessEnv = process.env): Promise<Target> {
  const trimmed = text.trim();
  if (trimmed === "") throw new Error("The backup target is empty: name a folder or the URL of a blob container.");
  if (/AccountKey=|SharedAccessSignature=/i.test(trimmed)) {
    throw new Error(
      "The backup target is a connection string. Put that into AZURE_STORAGE_CONNECTION_STRING, and name the container here: https://<account>.blob.core.windows.net/<container>.",
    );
  }
  // One letter is a drive of Windows.
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
    throw new Error(`The backup target ${text} is no URL of a folder on this machine; write file:///path/to/folder.`);
  }
}

async function placeOf(text: string, env: NodeJS.ProcessEnv): Promise<AzureBlobPlace> {
  const shown = text.split(/[?#]/, 1)[0]?.replace(/\/\/[^/@]*@/, "//") ?? "";
  const wrong = (what: string) => new Error(`The backup target ${shown} ${what}.`);
  if (!URL.canParse(text)) throw wrong("is no URL");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw wrong(
      "holds a user name or password. A container is accessed with a SAS behind ?, a connection string or an identity",
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
    throw wrong(`names the container ${container}: such names have 3 to 63 small letters, digits and single hyphens`);
  }
  const prefix = decoded(parts, wrong);
  const accountUrl = inHost === undefined ? `${url.origin}/${account}` : url.origin;
  const containerUrl = `${accountUrl}/${container}`;

  if (url.search !== "") {
    if (!url.searchParams.has("sig")) throw wrong("has something behind ? that is no SAS, for it has no sig");
    return { containerUrl: `${containerUrl}${url.search}`, prefix };
  }
  const connectionString = env["AZURE_STORAGE_CONNECTION_STRING"];
  if (connectionString) return { prefix, ...(await connected(containerUrl, account, connectionString)) };
  if (url.protocol === "http:") {
    throw wrong(
      "is not encrypted, and an identity is not sent so. Use https:, a SAS, or AZURE_STORAGE_CONNECTION_STRING",
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
    throw wrong("has a % that begins no character");
  }
}

/** How to access a container by a connection string, which must be of the same account. */
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
    throw new Error("AZURE_STORAGE_CONNECTION_STRING is none. Copy it from the account's access keys, all of it.");
  }
  if (service.accountName !== account) {
    throw new Error(
      `AZURE_STORAGE_CONNECTION_STRING is for the account ${service.accountName}, the backup target for ${account}.`,
    );
  }
  if (service.credential instanceof StorageSharedKeyCredential) return { containerUrl, credential: service.credential };
  return { containerUrl: `${containerUrl}${new URL(service.url).search}` };
}

/** Before each further attempt at a read; once they are used up, it has failed. */
const PAUSES_MS = [50, 150, 450];

/** No attempt begins later than so long after the first: then storage is away, not flaky. */
const RETRIED_WITHIN_MS = 2_000;

/** Reading needs no room: who is told that there is none has met a service that is busy. */
const PASSING: readonly TargetFault[] = ["unreachable", "full"];

/**
 * The same target, whose reads are tried again where storage refused them quickly: to become the writer takes dozens of
 * them, hundreds behind a long log, and one that fails would cost the whole attempt. A permission that is not there is
 * not waited for, unless it was there for an earlier read: it flickers while a token is renewed, or a role reaches one
 * server after the other. Writing is left alone; whoever writes settles what became of it.
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
