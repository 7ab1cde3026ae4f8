// Which exchanges of a block have each of some terms: their indexes, or a bit for each exchange where that is less.

const NUMBER_BYTES = 2;

/** The indexes of the exchanges that have a term, ascending; of most terms it is one, which stands for itself. */
export type Posting = number | readonly number[];

/** Notes that an exchange has a term, which may be a new one. @param at its index, no less than those noted before */
export function note(postings: (number | number[])[], term: number, at: number): void {
  const known = postings[term];
  if (known === undefined) postings[term] = at;
  else if (typeof known !== "number") {
    if (known[known.length - 1] !== at) known.push(at);
  } else if (known !== at) postings[term] = [known, at];
}

function lengthOf(posting: Posting): number {
  return typeof posting === "number" ? 1 : posting.length;
}

/** For each term how many exchanges have it, then for each which. @param count of the exchanges in the block */
export function encodePostings(postings: readonly Posting[], count: number): Uint8Array {
  let size = NUMBER_BYTES * postings.length;
  for (const posting of postings) size += sizeOf(lengthOf(posting), count);
  const bytes = Buffer.alloc(size);
  let at = 0;
  for (const posting of postings) at = bytes.writeUInt16LE(lengthOf(posting), at);
  for (const posting of postings) {
    const indexes = typeof posting === "number" ? [posting] : posting;
    if (isList(indexes.length, count)) for (const index of indexes) at = bytes.writeUInt16LE(index, at);
    else {
      for (const index of indexes) {
        const byte = at + (index >> 3);
        bytes[byte] = (bytes[byte] ?? 0) | (1 << (index & 7));
      }
      at += sizeOf(indexes.length, count);
    }
  }
  return bytes;
}

/** Reads what {@link encodePostings} wrote. @param terms how many there are */
export function decodePostings(bytes: Buffer, terms: number, count: number): number[][] {
  const postings: number[][] = [];
  let at = NUMBER_BYTES * terms;
  for (let term = 0; term < terms; term++) {
    const length = bytes.readUInt16LE(NUMBER_BYTES * term);
    const posting: number[] = [];
    eachIndex(bytes, at, length, count, (index) => posting.push(index));
    postings.push(posting);
    at += sizeOf(length, count);
  }
  return postings;
}

/**
 * Marks the exchanges that have one of some terms.
 * @param terms how many there are in all
 * @param numbers of those that count, ascending
 * @param hits one byte for each exchange of the block
 */
export function markPostings(bytes: Buffer, terms: number, numbers: readonly number[], hits: Uint8Array): void {
  const count = hits.length;
  let [at, term] = [NUMBER_BYTES * terms, 0];
  for (const number of numbers) {
    for (; term < number; term++) at += sizeOf(bytes.readUInt16LE(NUMBER_BYTES * term), count);
    const length = bytes.readUInt16LE(NUMBER_BYTES * number);
    eachIndex(bytes, at, length, count, (index) => {
      hits[index] = 1;
    });
  }
}

/** The indexes of one term. @param at where its posting begins @param length how many exchanges have it */
function eachIndex(bytes: Buffer, at: number, length: number, count: number, visit: (index: number) => void): void {
  if (isList(length, count)) {
    for (let index = 0; index < length; index++) visit(bytes.readUInt16LE(at + NUMBER_BYTES * index));
  } else {
    for (let index = 0; index < count; index++) {
      if ((((bytes[at + (index >> 3)] ?? 0) >> (index & 7)) & 1) === 1) visit(index);
    }
  }
}

function isList(length: number, count: number): boolean {
  return length * NUMBER_BYTES <= Math.ceil(count / 8);
}

function sizeOf(length: number, count: number): number {
  return isList(length, count) ? length * NUMBER_BYTES : Math.ceil(count / 8);
}
