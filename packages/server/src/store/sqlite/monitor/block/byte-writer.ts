const NUMBER_BYTES = 4;

/** A UTF-16 unit takes at most so many bytes in UTF-8. */
const UNIT_BYTES = 3;

/** Writes texts, bytes and numbers one behind the other into one buffer, which grows as needed. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  /** @param bytes that it has room for at first */
  constructor(bytes: number) {
    this.#buffer = Buffer.allocUnsafe(bytes);
  }

  get length(): number {
    return this.#length;
  }

  /** What has been written is in the first {@link length} of its bytes. The next write may change or replace it. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  /** In UTF-8. @returns how many bytes that was */
  text(text: string): number {
    if (text.length === 0) return 0;
    this.#makeRoom(UNIT_BYTES * text.length);
    const written = this.#buffer.write(text, this.#length);
    this.#length += written;
    return written;
  }

  byte(byte: number): void {
    this.#makeRoom(1);
    this.#buffer[this.#length++] = byte;
  }

  /** @returns how many bytes that was */
  bytes(bytes: Uint8Array): number {
    if (bytes.length === 0) return 0;
    this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return bytes.length;
  }

  number(value: number): void {
    this.#makeRoom(NUMBER_BYTES);
    this.#length = this.#buffer.writeUInt32LE(value, this.#length);
  }

  /** What has been written since the last {@link clear}; the next write may change it. */
  written(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#length + bytes));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
