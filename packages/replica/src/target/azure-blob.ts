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

/** What is longer is fetched in parts of this size, bytes, each within a request's limit of time. */
const PART_BYTES = 4 * 1024 * 1024;
const PARTS_AT_ONCE = 4;
/** How often a blob may be replaced while it is being read in parts. */
const REPLACED_MOST = 5;

type Part = { readonly bytes: Buffer; readonly total: number; readonly etag: string };

/**
 * Reads a blob, or a range of it, whole: parts of one version only, and as many bytes as there have to be.
 * Throws what the SDK throws, also when there is no such blob.
 */
export async function readBlob(blob: BlobClient, range: ByteRange | undefined, request: Request): Promise<Buffer> {
  const { offset, length } = range ?? { offset: 0, length: Number.MAX_SAFE_INTEGER };
  for (let attempt = 1; ; attempt++) {
    try {
      return await readVersion(blob, offset, length, request);
    } catch (error) {
      if (refusalOf(error)?.status !== 412 || attempt === REPLACED_MOST) throw error;
    }
  }
}

async function readVersion(blob: BlobClient, offset: number, length: number, request: Request): Promise<Buffer> {
  if (length === 0) return nothingOf(blob, request);
  let first: Part;
  try {
    first = await readPart(blob, offset, Math.min(length, PART_BYTES), undefined, request);
  } catch (error) {
    // The range begins at the end or beyond; in a blob of no bytes every range does.
    if (refusalOf(error)?.status === 416) return nothingOf(blob, request);
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

async function nothingOf(blob: BlobClient, request: Request): Promise<Buffer> {
  await request((abortSignal) => blob.getProperties({ abortSignal }));
  return Buffer.alloc(0);
}

/** @param count bytes wanted, at least 1; fewer come only where the blob ends */
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
      throw new TargetError(
        "unreachable",
        `${blob.name}: ${bytes.length} bytes came instead of ${expected}. Try again; if this stays, look at what lies between.`,
      );
    }
    return { bytes, total, etag: answer.etag };
  });
}

/** What is longer goes up in blocks of this size, bytes: one that goes through within a request's limit on a slow line. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** Blocks on their way at once; with the one being filled this bounds the memory a stream takes. */
const BLOCKS_AT_ONCE = 3;

/** Makes one request, with a limit of time. */
export type Request = <T>(send: (abortSignal: AbortSignal) => Promise<T>) => Promise<T>;

/** How a blob is written: `request` limits each request in time, `makeContainer` is called when there is none. */
export type Writing = {
  readonly request: Request;
  readonly makeContainer: () => Promise<void>;
  readonly exclusive: boolean;
};

/**
 * Writes a blob at once: in one request, or in blocks that count together when their list is committed.
 * @returns "exists" only when exclusive
 */
export async function writeBlob(
  blob: BlockBlobClient,
  content: Content,
  writing: Writing,
): Promise<"created" | "exists"> {
  const conditions = writing.exclusive ? { ifNoneMatch: "*" } : {};
  const send: Request = async (attempt) => {
    try {
      return await writing.request(attempt);
    } catch (error) {
      if (!meansContainerMissing(error)) throw error;
      await writing.makeContainer().catch((refused) => {
        throw meansDenied(refused) ? error : refused;
      });
      return writing.request(attempt);
    }
  };
  const commit = (ids: string[]) => send((abortSignal) => blob.commitBlockList(ids, { abortSignal, conditions }));
  const isThere = () => writing.request((abortSignal) => blob.exists({ abortSignal }));
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
      // Blocks that a dead writer has staged and not committed can count as a blob here, for the week that they are kept,
      // though nothing can be read; where a list of blocks is committed they do not.
      if (!writing.exclusive || !meansExists(error) || (await isThere())) throw error;
      await commit(await stage(blob, [whole], blocks, send));
    }
    return "created";
  } catch (error) {
    if (writing.exclusive && meansExists(error)) return "exists";
    if (refusalOf(error)?.code !== "InvalidBlockList") throw error;
    // Whoever writes a blob first sweeps away the blocks that others have staged for it.
    if (writing.exclusive && (await isThere())) return "exists";
    throw new TargetError("unreachable", `${blob.name}: another writer came between. Try again.`, error);
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
 * Stages blocks, several at once.
 * @param begun is emptied, so that nothing holds what has been sent
 * @returns their ids, in order
 */
async function stage(
  blob: BlockBlobClient,
  begun: Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
  send: Request,
): Promise<string[]> {
  // Ids of one's own: two who write the same blob at once must not overwrite each other's blocks.
  const attempt = randomUUID();
  const ids: string[] = [];
  const underWay = new Set<Promise<unknown>>();
  const begin = (block: Uint8Array) => {
    const id = Buffer.from(`${attempt}-${String(ids.length).padStart(6, "0")}`).toString("base64");
    ids.push(id);
    const staged = send((abortSignal) => blob.stageBlock(id, block, block.byteLength, { abortSignal }));
    underWay.add(staged);
    staged.then(
      () => underWay.delete(staged),
      () => undefined,
    );
  };
  try {
    for (let block = begun.shift(); block !== undefined; block = begun.shift()) begin(block);
    for await (const block of rest) {
      while (underWay.size >= BLOCKS_AT_ONCE) await Promise.race(underWay);
      begin(block);
    }
    await Promise.all(underWay);
    return ids;
  } finally {
    await Promise.allSettled(underWay);
  }
}

/** A content cut into blocks of which all but the last have the same size; a stream's are copies. */
async function* blocksOf(content: Content): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    for (let start = 0; start < content.byteLength; start += BLOCK_BYTES) {
      yield content.subarray(start, start + BLOCK_BYTES);
    }
    return;
  }
  let block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let filled = 0;
  for await (const chunk of chunksOf(content)) {
    for (let taken = 0; taken < chunk.byteLength; ) {
      if (filled === BLOCK_BYTES) {
        yield block;
        block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
        filled = 0;
      }
      const part = chunk.subarray(taken, taken + BLOCK_BYTES - filled);
      block.set(part, filled);
      filled += part.byteLength;
      taken += part.byteLength;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

/** How long a slot that exists may take to be readable: a creation that is under way is told as existing before it is. */
const SETTLE_TRIES = 5;
const SETTLE_WAIT_MS = 100;

/**
 * Slots as blobs. A blob appears whole or not at all, so a slot counts as soon as it is created. What became of a request
 * without an answer is told by creating again, and by comparing what is there.
 */
export function azureBlobSlots(
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
      throw new TargetError("unreachable", `Slot ${slot} exists and cannot be read. Try again.`);
    }),
    firstForeign: (slot) => slot + 1,
    close: async () => undefined,
  };
}

/** What requests are signed with; says what to do when they are refused. */
export type CredentialKind = "sas" | "key" | "identity";

/** An answer did not come in time. */
export class TimedOut extends Error {
  override readonly name = "TimedOut";

  constructor(limitMs: number) {
    super(`There was no answer within ${limitMs / 1000} s.`);
  }
}

/** What the container's service refused a request with. Codes are those of "Blob service error codes" (Azure REST reference). */
export type Refusal = { readonly status: number; readonly code: string };

/** @returns undefined when there was no answer at all, and nothing but one that refuses is meant */
export function refusalOf(error: unknown): Refusal | undefined {
  const { statusCode, code, response } = error as {
    statusCode?: number;
    code?: string;
    response?: { headers?: { get(name: string): string | undefined } };
  };
  if (statusCode === undefined) return undefined;
  // The answer to a HEAD has no body, where the SDK looks for the code.
  return { status: statusCode, code: response?.headers?.get("x-ms-error-code") ?? code ?? "" };
}

/** Whether a conditional creation was refused because there is such a blob. */
export function meansExists(error: unknown): boolean {
  const refusal = refusalOf(error);
  // The last one: a SAS that may create and not write, used on a blob that is there.
  return ["BlobAlreadyExists", "ConditionNotMet", "UnauthorizedBlobOverwrite"].includes(refusal?.code ?? "");
}

export function meansContainerMissing(error: unknown): boolean {
  return refusalOf(error)?.code === "ContainerNotFound";
}

export function meansDenied(error: unknown): boolean {
  return [401, 403].includes(refusalOf(error)?.status ?? 0);
}

export function meansBlobMissing(error: unknown): boolean {
  const refusal = refusalOf(error);
  return refusal?.status === 404 && ["BlobNotFound", "ContainerNotFound"].includes(refusal.code);
}

/** Runs an operation on the container; what its service refuses, and silence, become TargetErrors that say what to do. */
export async function told<T>(key: string, credential: CredentialKind, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof ContentFailed) throw error.cause;
    if (error instanceof TargetError || error instanceof TypeError || error instanceof RangeError) throw error;
    const [fault, what] = explain(error, credential);
    throw new TargetError(fault, `${key}: ${what}${said(error)}`, error);
  }
}

const PERMISSION: Readonly<Record<CredentialKind, string>> = {
  sas: "Make a SAS for the container with the permissions to read, create, write, delete and list (rcwdl) that has not expired",
  key: "Look whether the key in AZURE_STORAGE_CONNECTION_STRING is current, and whether the account allows access by key",
  identity:
    'Give the identity the role "Storage Blob Data Contributor" on the container or the account (it takes minutes to work)',
};
const NO_SIGN_IN =
  "no identity could be signed in with. Give the app a managed identity (and AZURE_CLIENT_ID when it is user-assigned), sign in with the Azure CLI, or use a SAS or AZURE_STORAGE_CONNECTION_STRING";
/** How the classes of @azure/identity that mean this begin: AuthenticationError, CredentialUnavailableError, ... */
const SIGN_IN_FAILED = /^(Aggregate)?(Authentication|CredentialUnavailable)/;

function explain(error: unknown, credential: CredentialKind): readonly [TargetFault, string] {
  const refusal = refusalOf(error);
  if (refusal === undefined || SIGN_IN_FAILED.test((error as Error).name)) {
    if (SIGN_IN_FAILED.test((error as Error).name)) return ["denied", NO_SIGN_IN];
    return (error as { code?: string }).code === "ENOTFOUND"
      ? ["unreachable", "the account's host is not known. Look at the account's name and at the network's DNS"]
      : [
          "unreachable",
          "the storage account did not answer as it should. Look at the network, its rules, and the address",
        ];
  }
  const { status, code } = refusal;
  if (status === 507 || /Quota|Capacity|LimitExceeded/i.test(code)) {
    return ["full", "the storage account has no room left. Remove something, or raise its limit"];
  }
  if (code === "ContainerNotFound") {
    return ["missing", "the container is not there, and may not be made with this access. Make it, or name another"];
  }
  if (/Immutable|LegalHold|LeaseId|ReadOnly|WriteOperationNotAllowed/i.test(code)) {
    return ["read-only", "the blob must not be changed. Lift the lease, the immutability policy or the legal hold"];
  }
  if (["AuthorizationFailure", "AuthorizationSourceIPMismatch"].includes(code)) {
    return ["denied", `the account refuses this. Let its network rules admit this address. ${PERMISSION[credential]}`];
  }
  if (status === 401 || status === 403 || code === "PublicAccessNotPermitted") {
    return ["denied", `the account refuses this. ${PERMISSION[credential]}`];
  }
  return ["unreachable", "the storage account could not do this now. Try again"];
}

/** The service's own words as a bracket; no address, for it may hold a SAS. */
function said(error: unknown): string {
  const refusal = refusalOf(error);
  if (refusal !== undefined) return ` (${`${refusal.status} ${refusal.code}`.trim()}).`;
  const firstLine = (error as Error).message.split("\n", 1)[0] ?? "";
  return ` (${firstLine.replaceAll(/\?\S+/g, "?...").slice(0, 300)}).`;
}
