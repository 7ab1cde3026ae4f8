import { randomUUID } from "node:crypto";
import type { BlockBlobClient } from "@azure/storage-blob";
import { chunksOf } from "../content.ts";
import { type Content, TargetError } from "../target.ts";
import { meansContainerMissing, meansDenied, meansExists, refusalOf } from "./faults.ts";

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
