/** Smaller buffers are not worth it, and may be parts of the one that Node makes small ones of. */
const MIN_BYTES = 128 * 1_024;

/**
 * Gives the memory of a buffer back at once. The garbage collector would do so much later: what lies behind a buffer does
 * not count as its own, and tens of megabytes pile up.
 * @param bytes a buffer, or a part of one, that nobody uses any more; all parts of it are empty from now on
 */
export function letGo({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= MIN_BYTES) buffer.transfer(0);
}
