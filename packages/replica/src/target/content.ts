import type { Content } from "./target.ts";

/** A stream failed, not the storage it was meant for: whoever gave the stream gets its error as it was. */
export class ContentFailed extends Error {
  override readonly name = "ContentFailed";

  constructor(cause: unknown) {
    super("The content could not be read.", { cause });
  }
}

/**
 * The chunks of a content in order.
 * @throws ContentFailed around what a stream throws
 */
export async function* chunksOf(content: Content): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    yield content;
    return;
  }
  try {
    yield* content;
  } catch (error) {
    // A consumer that fails does not throw into here: only the stream does.
    throw new ContentFailed(error);
  }
}
