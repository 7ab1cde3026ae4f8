import type { TokenCredential } from "@azure/identity";
import { ContainerClient, newPipeline, StorageSharedKeyCredential } from "@azure/storage-blob";
import { checkKey, slotKey, type Target } from "../target.ts";
import { type CredentialKind, meansBlobMissing, meansContainerMissing, refusalOf, TimedOut, told } from "./faults.ts";
import { readBlob } from "./read.ts";
import { azureBlobSlots } from "./slots.ts";
import { type Request, writeBlob } from "./write.ts";

/** A request that has no answer after so long is given up; whoever made it decides whether to try again. */
const REQUEST_LIMIT_MS = 10_000;
/** Keys asked for at once; what the service gives at most. */
const LIST_PAGE_KEYS = 5000;

export type AzureBlobPlace = {
  /** `https://<account>.blob.core.windows.net/<container>`, with a SAS behind it when there is no credential. */
  readonly containerUrl: string;
  readonly credential?: TokenCredential | StorageSharedKeyCredential;
  /** Keys lie below it: a path without a slash at either end; "" for the container itself. */
  readonly prefix?: string;
};

export type AzureBlobLimits = { readonly requestLimitMs?: number; readonly listPageKeys?: number };

/**
 * A container of Azure Blob Storage as a target. Makes the container when it is missing and that is permitted.
 * Tries each request once.
 */
export function azureBlobTarget(place: AzureBlobPlace, limits: AzureBlobLimits = {}): Target {
  const { requestLimitMs = REQUEST_LIMIT_MS, listPageKeys = LIST_PAGE_KEYS } = limits;
  const { container, credential } = connect(place);
  const below = place.prefix ? `${place.prefix}/` : "";
  const request: Request = (send) => withinLimit(requestLimitMs, send);
  const makeContainer = async () => {
    await request((abortSignal) => container.createIfNotExists({ abortSignal }));
  };
  const blobOf = (key: string) => {
    checkKey(key);
    return container.getBlockBlobClient(`${below}${key}`);
  };

  const create: Target["create"] = async (key, content) => {
    const blob = blobOf(key);
    return told(key, credential, () => writeBlob(blob, content, { request, makeContainer, exclusive: true }));
  };
  const replace: Target["replace"] = async (key, content) => {
    const blob = blobOf(key);
    await told(key, credential, () => writeBlob(blob, content, { request, makeContainer, exclusive: false }));
  };
  const read: Target["read"] = async (key, range) => {
    const blob = blobOf(key);
    return told(key, credential, () => orIfMissing(readBlob(blob, range, request), undefined));
  };
  const remove: Target["remove"] = async (key) => {
    const blob = blobOf(key);
    const removed = () => request((abortSignal) => blob.delete({ abortSignal, deleteSnapshots: "include" }));
    await told(key, credential, () => orIfMissing(removed(), undefined));
  };

  return {
    name: `${place.containerUrl.split("?", 1)[0]}${place.prefix ? `/${place.prefix}` : ""}`,
    kind: "azure-blob",
    create,
    replace,
    read,
    remove,
    list: (prefix) =>
      told(prefix, credential, async () =>
        (await orIfMissing(list(container, `${below}${prefix}`, listPageKeys, request), []))
          .map((name) => name.slice(below.length))
          .sort(),
      ),
    openSlots: (prefix) =>
      azureBlobSlots(
        (slot, bytes) => create(slotKey(prefix, slot), bytes),
        (slot) => read(slotKey(prefix, slot)),
      ),
    clockMs: () => told("the clock", credential, () => clockMs(container, `${below}clock`, request)),
  };
}

function connect(place: AzureBlobPlace): { container: ContainerClient; credential: CredentialKind } {
  const pipeline = newPipeline(place.credential, {
    retryOptions: { maxTries: 1 },
    // Node's own agent keeps connections too, but drops those idle for 5 s. The SDK's keeps them for good, and in Azure one
    // that was idle for minutes may be dead without a sign: the next request would wait for its whole limit.
    keepAliveOptions: { enable: false },
  });
  if (place.credential === undefined)
    return { container: new ContainerClient(place.containerUrl, pipeline), credential: "sas" };
  const byKey = place.credential instanceof StorageSharedKeyCredential;
  return { container: new ContainerClient(place.containerUrl, pipeline), credential: byKey ? "key" : "identity" };
}

/** Gives up after the limit, whatever the SDK, a credential or a stream makes of the signal. */
async function withinLimit<T>(limitMs: number, send: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TimedOut(limitMs));
      abort.abort();
    }, limitMs);
  });
  try {
    return await Promise.race([send(abort.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function list(
  container: ContainerClient,
  prefix: string,
  maxPageSize: number,
  request: Request,
): Promise<string[]> {
  const names: string[] = [];
  let continuationToken: string | undefined;
  do {
    const token = continuationToken === undefined ? {} : { continuationToken };
    const page = await request(async (abortSignal) => {
      const pages = container.listBlobsFlat({ prefix, abortSignal, includeMetadata: true });
      return (await pages.byPage({ maxPageSize, ...token }).next()).value;
    });
    for (const blob of page?.segment.blobItems ?? []) {
      // Accounts with a hierarchical namespace list their folders among the blobs.
      if (blob.metadata?.["hdi_isfolder"] !== "true") names.push(blob.name);
    }
    continuationToken = page?.continuationToken || undefined;
  } while (continuationToken !== undefined);
  return names;
}

/** Every answer has the service's time, also that there is no such blob; and any credential may ask that. */
async function clockMs(container: ContainerClient, name: string, request: Request): Promise<number> {
  let date: Date | string | undefined;
  try {
    date = (await request((abortSignal) => container.getBlobClient(name).getProperties({ abortSignal }))).date;
  } catch (error) {
    if (refusalOf(error)?.status !== 404) throw error;
    date = (error as { response?: { headers: { get(name: string): string | undefined } } }).response?.headers.get(
      "date",
    );
  }
  const ms = new Date(date ?? Number.NaN).getTime();
  if (Number.isNaN(ms)) throw new Error("The answer tells no time.");
  return ms;
}

async function orIfMissing<T, U>(attempt: Promise<T>, missing: U): Promise<T | U> {
  try {
    return await attempt;
  } catch (error) {
    if (meansBlobMissing(error) || meansContainerMissing(error)) return missing;
    throw error;
  }
}
