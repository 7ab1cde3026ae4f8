import { randomUUID } from "node:crypto";
import { addAbortSignal, type Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { TokenCredential } from "@azure/identity";
import {
  type BlobClient,
  type BlockBlobClient,
  ContainerClient,
  newPipeline,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { TargetError, type TargetFault } from "../errors.ts";
import {
  type ByteRange,
  type Content,
  ContentFailed,
  checkKey,
  chunksOf,
  type SlotWriter,
  slotKey,
  slotWrites,
  type Target,
} from "./target.ts";

/** A request without a response is aborted after this time. The caller decides whether to try again. */
const REQUEST_LIMIT_MS = 10_000;
/** Keys per list request: the maximum of the service. */
const LIST_PAGE_KEYS = 5000;
/** Longer content is uploaded in blocks and downloaded in parts of this size, so each fits a request's time limit. */
const PART_BYTES = 4 * 1024 * 1024;
/** Blocks uploaded at a time. With the block being filled, this bounds the memory of an upload. */
const BLOCKS_AT_ONCE = 3;
const PARTS_AT_ONCE = 4;
/** How many times a read in parts starts again because the blob was replaced meanwhile. */
const MAX_VERSIONS_READ = 5;
/** How long an existing slot may be unreadable: a blob that is being created already counts as existing. */
const SETTLE_TRIES = 5;
const SETTLE_WAIT_MS = 100;

export type AzureBlobPlace = {
  /** `https://<account>.blob.core.windows.net/<container>`, followed by a SAS if there is no credential. */
  readonly containerUrl: string;
  readonly credential?: TokenCredential | StorageSharedKeyCredential;
  /** Prefix of all keys: a path without a slash at either end; "" for the container itself. */
  readonly prefix?: string;
};

export type AzureBlobLimits = { readonly requestLimitMs?: number; readonly listPageKeys?: number };

type Request = <T>(send: (abortSignal: AbortSignal) => Promise<T>) => Promise<T>;

/** A container of Azure Blob Storage as a target. Creates the container if it is missing. Tries each request once. */
export function azureBlobTarget(place: AzureBlobPlace, limits: AzureBlobLimits = {}): Target {
  const { requestLimitMs = REQUEST_LIMIT_MS, listPageKeys = LIST_PAGE_KEYS } = limits;
  const { container, credential } = connect(place);
  const below = place.prefix ? `${place.prefix}/` : "";
  const request: Request = (send) => withinLimit(requestLimitMs, send);
  const createContainer = async () => {
    await request((abortSignal) => container.createIfNotExists({ abortSignal }));
  };
  const blobOf = (key: string) => {
    checkKey(key);
    return container.getBlockBlobClient(`${below}${key}`);
  };
  const write = async (key: string, content: Content, exclusive: boolean) => {
    const blob = blobOf(key);
    return withFaults(key, credential, () => writeBlob(blob, content, { request, createContainer, exclusive }));
  };
  const read: Target["read"] = async (key, range) => {
    const blob = blobOf(key);
    return withFaults(key, credential, () => orIfMissing(readBlob(blob, range, request), undefined));
  };

  return {
    name: `${place.containerUrl.split("?", 1)[0]}${place.prefix ? `/${place.prefix}` : ""}`,
    kind: "azure-blob",
    writesWholeSlots: true,
    create: (key, content) => write(key, content, true),
    replace: async (key, content) => void (await write(key, content, false)),
    read,
    remove: async (key) => {
      const blob = blobOf(key);
      const removed = () => request((abortSignal) => blob.delete({ abortSignal, deleteSnapshots: "include" }));
      await withFaults(key, credential, () => orIfMissing(removed(), undefined));
    },
    list: (prefix) =>
      withFaults(prefix, credential, async () =>
        (await orIfMissing(list(container, `${below}${prefix}`, listPageKeys, request), []))
          .map((name) => name.slice(below.length))
          .sort(),
      ),
    openSlots: (prefix) =>
      azureBlobSlots(
        (slot, bytes) => write(slotKey(prefix, slot), bytes, true),
        (slot) => read(slotKey(prefix, slot)),
      ),
    clockMs: () => withFaults("the clock", credential, () => clockMs(container, `${below}clock`, request)),
  };
}

function connect(place: AzureBlobPlace): { container: ContainerClient; credential: CredentialKind } {
  const pipeline = newPipeline(place.credential, {
    retryOptions: { maxTries: 1 },
    // Node's own agent closes connections that were idle for 5 s. The SDK's agent keeps them forever, and in Azure an
    // idle connection may die silently after minutes. The next request would then wait for its whole time limit.
    keepAliveOptions: { enable: false },
  });
  const isKey = place.credential instanceof StorageSharedKeyCredential;
  const credential = place.credential === undefined ? "sas" : isKey ? "key" : "identity";
  return { container: new ContainerClient(place.containerUrl, pipeline), credential };
}

/** Stops waiting after the limit, even if the SDK, a credential or a stream ignores the signal. */
async function withinLimit<T>(limitMs: number, send: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`There was no answer within ${limitMs / 1000} s.`));
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

/** Reads the Date header. Every response has it, also a 404, and any credential may ask for a blob's properties. */
async function clockMs(container: ContainerClient, name: string, request: Request): Promise<number> {
  let date: Date | string | undefined;
  try {
    date = (await request((abortSignal) => container.getBlobClient(name).getProperties({ abortSignal }))).date;
  } catch (error) {
    if (refusalOf(error)?.status !== 404) throw error;
    date = (error as ServiceError).response?.headers?.get("date");
  }
  const ms = new Date(date ?? Number.NaN).getTime();
  if (Number.isNaN(ms)) throw new Error("The response has no date.");
  return ms;
}

type WriteOptions = {
  readonly request: Request;
  readonly createContainer: () => Promise<void>;
  readonly exclusive: boolean;
};

/**
 * Writes a blob in one request, or in blocks that take effect together when their list is committed.
 * @returns "exists" only when exclusive
 */
async function writeBlob(
  blob: BlockBlobClient,
  content: Content,
  { request, createContainer, exclusive }: WriteOptions,
): Promise<"created" | "exists"> {
  const conditions = exclusive ? { ifNoneMatch: "*" } : {};
  const send: Request = async (attempt) => {
    try {
      return await request(attempt);
    } catch (error) {
      if (!isContainerMissing(error)) throw error;
      await createContainer().catch((refused) => {
        throw [401, 403].includes(refusalOf(refused)?.status ?? 0) ? error : refused;
      });
      return request(attempt);
    }
  };
  const commit = (ids: string[]) => send((abortSignal) => blob.commitBlockList(ids, { abortSignal, conditions }));
  const exists = () => request((abortSignal) => blob.exists({ abortSignal }));
  const blocks = blocksOf(content);
  try {
    const begun = await take(blocks, 2);
    if (begun.length === 2) {
      await commit(await stage(blob, begun, blocks, send));
      return "created";
    }
    const whole = begun[0] ?? new Uint8Array();
    try {
      await send((abortSignal) => blob.upload(whole, whole.byteLength, { abortSignal, conditions }));
    } catch (error) {
      // Uncommitted blocks of a dead writer, which the service keeps for a week, can count as an existing blob for an
      // upload although nothing can be read. They do not when a block list is committed.
      if (!exclusive || !isExisting(error) || (await exists())) throw error;
      await commit(await stage(blob, [whole], blocks, send));
    }
    return "created";
  } catch (error) {
    if (exclusive && isExisting(error)) return "exists";
    if (refusalOf(error)?.code !== "InvalidBlockList") throw error;
    // The first writer to commit a blob discards the blocks that others have staged for it.
    if (exclusive && (await exists())) return "exists";
    throw new TargetError("unreachable", `${blob.name}: another writer interfered. Try again.`, error);
  } finally {
    await blocks.return(undefined);
  }
}

async function take(blocks: AsyncGenerator<Uint8Array>, most: number): Promise<Uint8Array[]> {
  const taken: Uint8Array[] = [];
  while (taken.length < most) {
    const next = await blocks.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}

/**
 * Stages blocks, several at a time.
 * @param begun the first blocks; emptied, so that uploaded blocks can be freed
 * @returns the block IDs in order
 */
async function stage(
  blob: BlockBlobClient,
  begun: Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
  send: Request,
): Promise<string[]> {
  // Unique IDs, so that two writers of the same blob do not overwrite each other's blocks.
  const attempt = randomUUID();
  const ids: string[] = [];
  const inProgress = new Set<Promise<unknown>>();
  const begin = (block: Uint8Array) => {
    const id = Buffer.from(`${attempt}-${String(ids.length).padStart(6, "0")}`).toString("base64");
    ids.push(id);
    const staged = send((abortSignal) => blob.stageBlock(id, block, block.byteLength, { abortSignal }));
    inProgress.add(staged);
    staged.then(
      () => inProgress.delete(staged),
      () => undefined,
    );
  };
  try {
    for (let block = begun.shift(); block !== undefined; block = begun.shift()) begin(block);
    for await (const block of rest) {
      while (inProgress.size >= BLOCKS_AT_ONCE) await Promise.race(inProgress);
      begin(block);
    }
    await Promise.all(inProgress);
    return ids;
  } finally {
    await Promise.allSettled(inProgress);
  }
}

/** Cuts content into blocks; all but the last have the same size. Blocks of a stream are copies. */
async function* blocksOf(content: Content): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    for (let start = 0; start < content.byteLength; start += PART_BYTES) {
      yield content.subarray(start, start + PART_BYTES);
    }
    return;
  }
  let block = Buffer.allocUnsafeSlow(PART_BYTES);
  let filled = 0;
  for await (const chunk of chunksOf(content)) {
    for (let taken = 0; taken < chunk.byteLength; ) {
      if (filled === PART_BYTES) {
        yield block;
        block = Buffer.allocUnsafeSlow(PART_BYTES);
        filled = 0;
      }
      const part = chunk.subarray(taken, taken + PART_BYTES - filled);
      block.set(part, filled);
      filled += part.byteLength;
      taken += part.byteLength;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

/** A blob appears whole or not at all, so creating it writes the slot. After a lost response, compare its content. */
function azureBlobSlots(
  create: (slot: number, bytes: Uint8Array) => Promise<"created" | "exists">,
  read: (slot: number) => Promise<Buffer | undefined>,
): SlotWriter {
  return {
    write: slotWrites(async (slot, bytes) => {
      if ((await create(slot, bytes)) === "created") return "written";
      for (let attempt = 1; attempt <= SETTLE_TRIES; attempt++) {
        const held = await read(slot);
        if (held !== undefined) return held.equals(bytes) ? "written" : "taken";
        await sleep(SETTLE_WAIT_MS);
      }
      throw new TargetError("unreachable", `Slot ${slot} exists but cannot be read. Try again.`);
    }),
    firstForeign: (slot) => slot + 1,
    close: async () => undefined,
  };
}

type Part = { readonly bytes: Buffer; readonly total: number; readonly etag: string };

/**
 * Reads a blob or a range of it: all parts from one version, and the full length.
 * Throws what the SDK throws, also when there is no such blob.
 */
async function readBlob(blob: BlobClient, range: ByteRange | undefined, request: Request): Promise<Buffer> {
  const { offset, length } = range ?? { offset: 0, length: Number.MAX_SAFE_INTEGER };
  for (let attempt = 1; ; attempt++) {
    try {
      return await readVersion(blob, offset, length, request);
    } catch (error) {
      if (refusalOf(error)?.status !== 412 || attempt === MAX_VERSIONS_READ) throw error;
    }
  }
}

async function readVersion(blob: BlobClient, offset: number, length: number, request: Request): Promise<Buffer> {
  if (length === 0) return readNothing(blob, request);
  let first: Part;
  try {
    first = await readPart(blob, offset, Math.min(length, PART_BYTES), undefined, request);
  } catch (error) {
    // The range starts at or after the end. In an empty blob every range does.
    if (refusalOf(error)?.status === 416) return readNothing(blob, request);
    throw error;
  }
  const end = Math.min(offset + length, first.total);
  if (first.bytes.length >= end - offset) return first.bytes;
  const bytes = Buffer.allocUnsafeSlow(end - offset);
  bytes.set(first.bytes);
  let next = first.bytes.length;
  const fetchParts = async () => {
    while (next < bytes.length) {
      const at = next;
      next += PART_BYTES;
      const count = Math.min(PART_BYTES, bytes.length - at);
      bytes.set((await readPart(blob, offset + at, count, first.etag, request)).bytes, at);
    }
  };
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, fetchParts));
  return bytes;
}

async function readNothing(blob: BlobClient, request: Request): Promise<Buffer> {
  await request((abortSignal) => blob.getProperties({ abortSignal }));
  return Buffer.alloc(0);
}

/** @param count bytes wanted, at least 1; fewer are returned only at the end of the blob */
async function readPart(
  blob: BlobClient,
  offset: number,
  count: number,
  etag: string | undefined,
  request: Request,
): Promise<Part> {
  return request(async (abortSignal) => {
    const conditions = etag === undefined ? {} : { ifMatch: etag };
    const answer = await blob.download(offset, count, { abortSignal, conditions, maxRetryRequests: 0 });
    const body = answer.readableStreamBody as Readable;
    addAbortSignal(abortSignal, body);
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const total = Number(/\/(\d+)$/.exec(answer.contentRange ?? "")?.[1] ?? Number.NaN);
    const expected = Math.min(count, total - offset);
    if (bytes.length !== expected || answer.etag === undefined) {
      const message = `${blob.name}: received ${bytes.length} bytes instead of ${expected}. Try again; if it happens again, check the proxies between this server and the account.`;
      throw new TargetError("unreachable", message);
    }
    return { bytes, total, etag: answer.etag };
  });
}

/** What signs the requests. Decides what to advise when they are refused. */
type CredentialKind = "sas" | "key" | "identity";

type ServiceError = {
  readonly statusCode?: number;
  readonly code?: string;
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
};

/** The status and error code of a response, as in "Blob service error codes" (Azure REST reference); undefined if there was no response. */
function refusalOf(error: unknown): { readonly status: number; readonly code: string } | undefined {
  const { statusCode, code, response } = error as ServiceError;
  if (statusCode === undefined) return undefined;
  // The SDK looks for the code in the body, but a response to HEAD has none.
  return { status: statusCode, code: response?.headers?.get("x-ms-error-code") ?? code ?? "" };
}

/** Whether an exclusive write was refused because the blob exists. */
function isExisting(error: unknown): boolean {
  // UnauthorizedBlobOverwrite: the SAS may create blobs but not overwrite them, and the blob exists.
  const codes = ["BlobAlreadyExists", "ConditionNotMet", "UnauthorizedBlobOverwrite"];
  return codes.includes(refusalOf(error)?.code ?? "");
}

function isContainerMissing(error: unknown): boolean {
  return refusalOf(error)?.code === "ContainerNotFound";
}

async function orIfMissing<T, U>(attempt: Promise<T>, missing: U): Promise<T | U> {
  try {
    return await attempt;
  } catch (error) {
    const isBlobMissing = refusalOf(error)?.status === 404 && refusalOf(error)?.code === "BlobNotFound";
    if (isBlobMissing || isContainerMissing(error)) return missing;
    throw error;
  }
}

/** Runs an operation on the container. Refusals and missing responses become TargetErrors that say what to do. */
async function withFaults<T>(key: string, credential: CredentialKind, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof ContentFailed) throw error.cause;
    if (error instanceof TargetError || error instanceof TypeError || error instanceof RangeError) throw error;
    const [fault, what] = explain(error, credential);
    throw new TargetError(fault, `${key}: ${what}${detailsOf(error)}`, error);
  }
}

const PERMISSION: Readonly<Record<CredentialKind, string>> = {
  sas: "Create a SAS for the container with the permissions read, create, write, delete and list (rcwdl) that has not expired",
  key: "Check that the key in AZURE_STORAGE_CONNECTION_STRING is current and that the account allows access by key",
  identity:
    'Give the identity the role "Storage Blob Data Contributor" on the container or the account (this takes minutes to work)',
};
const NO_SIGN_IN =
  "no identity could sign in. Give the app a managed identity (and set AZURE_CLIENT_ID if it is user-assigned), sign in with the Azure CLI, or use a SAS or AZURE_STORAGE_CONNECTION_STRING";
/** Matches the names of @azure/identity's errors: AuthenticationError, CredentialUnavailableError, ... */
const SIGN_IN_FAILED = /^(Aggregate)?(Authentication|CredentialUnavailable)/;

function explain(error: unknown, credential: CredentialKind): readonly [TargetFault, string] {
  if (SIGN_IN_FAILED.test((error as Error).name)) return ["denied", NO_SIGN_IN];
  const refusal = refusalOf(error);
  if (refusal === undefined) {
    return (error as ServiceError).code === "ENOTFOUND"
      ? ["unreachable", "the account's host name is unknown. Check the account name and the network's DNS"]
      : [
          "unreachable",
          "the storage account did not answer as expected. Check the network, its rules, and the address",
        ];
  }
  const { status, code } = refusal;
  if (status === 507 || /Quota|Capacity|LimitExceeded/i.test(code)) {
    return ["full", "the storage account is full. Remove something, or raise its limit"];
  }
  if (code === "ContainerNotFound") {
    return ["missing", "the container does not exist, and this access may not create it. Create it, or name another"];
  }
  if (/Immutable|LegalHold|LeaseId|ReadOnly|WriteOperationNotAllowed/i.test(code)) {
    return ["read-only", "the blob cannot be changed. Remove the lease, the immutability policy or the legal hold"];
  }
  if (["AuthorizationFailure", "AuthorizationSourceIPMismatch"].includes(code)) {
    return ["denied", `the account refuses this. Let its network rules admit this address. ${PERMISSION[credential]}`];
  }
  if (status === 401 || status === 403 || code === "PublicAccessNotPermitted") {
    return ["denied", `the account refuses this. ${PERMISSION[credential]}`];
  }
  return ["unreachable", "the storage account could not do this now. Try again"];
}

/** The service's own words in parentheses, without addresses: they may contain a SAS. */
function detailsOf(error: unknown): string {
  const refusal = refusalOf(error);
  if (refusal !== undefined) return ` (${`${refusal.status} ${refusal.code}`.trim()}).`;
  const firstLine = (error as Error).message.split("\n", 1)[0] ?? "";
  return ` (${firstLine.replaceAll(/\?\S+/g, "?...").slice(0, 300)}).`;
}
