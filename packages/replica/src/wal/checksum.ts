/**
 * SQLite's running checksum of a write-ahead log (https://sqlite.org/fileformat2.html#checksum_algorithm): two 32-bit
 * words, continued in place, since a log has thousands of frames a second.
 */
export class WalChecksum {
  first: number;
  second: number;

  constructor(first = 0, second = 0) {
    this.first = first;
    this.second = second;
  }

  /**
   * @param from first byte in `view`
   * @param to behind the last; a multiple of eight later
   * @param bigEndian the byte order in which the log's magic number says that words are read
   */
  add(view: DataView, from: number, to: number, bigEndian: boolean): void {
    let { first, second } = this;
    for (let at = from; at < to; at += 8) {
      first = (first + view.getUint32(at, !bigEndian) + second) | 0;
      second = (second + view.getUint32(at + 4, !bigEndian) + first) | 0;
    }
    this.first = first >>> 0;
    this.second = second >>> 0;
  }

  clone(): WalChecksum {
    return new WalChecksum(this.first, this.second);
  }
}
