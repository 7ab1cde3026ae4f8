/** SQLite's running checksum of a write-ahead log: two 32-bit words. */
export type Checksum = readonly [number, number];

/**
 * Continues the checksum over more bytes (https://sqlite.org/fileformat2.html#checksum_algorithm).
 * @param bytes a multiple of eight
 * @param bigEndian the byte order in which the log's magic number says that words are read
 */
export function continueChecksum([first, second]: Checksum, bytes: Uint8Array, bigEndian: boolean): Checksum {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let s0 = first;
  let s1 = second;
  for (let at = 0; at < bytes.byteLength; at += 8) {
    s0 = (s0 + view.getUint32(at, !bigEndian) + s1) >>> 0;
    s1 = (s1 + view.getUint32(at + 4, !bigEndian) + s0) >>> 0;
  }
  return [s0, s1];
}
