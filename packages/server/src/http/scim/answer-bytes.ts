import type { Part } from "./present.ts";

/** Holds a list of 100 users with room to spare; what is longer moves to a larger one. */
const BUFFER_BYTES = 256 * 1_024;

/** Buffers kept for reuse: 4 MiB together. */
const MAX_KEPT_BUFFERS = 16;

/** UTF-8 of a UTF-16 unit at most. */
const MAX_BYTES_PER_UNIT = 3;

/** Text as UTF-8, in a buffer that is lent until `giveBack` is called. */
export type AnswerBytes = { readonly bytes: Buffer; readonly giveBack: () => void };

const kept: Buffer[] = [];

/**
 * Encodes a long answer, piece by piece, into a buffer that later answers use again. Joined to one string it would be
 * copied once more, and twice as large for a single letter beyond Latin-1; in memory of its own each time, the garbage
 * collector would take a sixth of a list's time.
 */
export function encodeParts(parts: Iterable<Part>): AnswerBytes {
  const lent = kept.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
  let buffer = lent;
  let length = 0;
  for (const part of parts) {
    const mostBytes = typeof part === "string" ? part.length * MAX_BYTES_PER_UNIT : part.end - part.start;
    if (length + mostBytes > buffer.length) buffer = enlarge(buffer, length, length + mostBytes);
    length +=
      typeof part === "string" ? buffer.write(part, length) : part.page.copy(buffer, length, part.start, part.end);
  }
  return {
    bytes: buffer.subarray(0, length),
    giveBack: () => {
      if (kept.length < MAX_KEPT_BUFFERS) kept.push(lent);
    },
  };
}

function enlarge(buffer: Buffer, length: number, bytes: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(bytes, buffer.length * 2));
  buffer.copy(larger, 0, 0, length);
  return larger;
}
