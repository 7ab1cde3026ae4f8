import { addAbortSignal, type Readable } from "node:stream";
import type { BlobClient } from "@azure/storage-blob";
import { type ByteRange, TargetError } from "../target.ts";
import { refusalOf } from "./faults.ts";
import type { Request } from "./write.ts";

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
