import { close, fstat, fsync, open, read } from "node:fs";
import { promisify } from "node:util";
import { syncedInTime } from "./synced.ts";

const opened = promisify(open);
const stat = promisify(fstat);
const synced = promisify(fsync);

/**
 * The database file below SQLite's feet. Opened once and closed when no connection of this process is left:
 * closing any descriptor of the file drops every lock that the process holds on it (POSIX advisory locks).
 */
export class DatabaseFile {
  readonly #descriptor: number;
  #isClosed = false;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  static async open(file: string): Promise<DatabaseFile> {
    return new DatabaseFile(await opened(file, "r+"));
  }

  /** Fills a buffer with what the file has from a page on; what lies behind its end is zeros. */
  async readPages(firstPage: number, into: Buffer, pageSize: number): Promise<void> {
    let filled = 0;
    while (filled < into.length) {
      const count = await this.#read(into, filled, (firstPage - 1) * pageSize + filled);
      if (count === 0) break;
      filled += count;
    }
    into.fill(0, filled);
  }

  async sizeBytes(): Promise<number> {
    return (await stat(this.#descriptor)).size;
  }

  /** Resolves when what has been written to the file is on the disk. @throws Error when the disk refuses */
  sync(): Promise<void> {
    return syncedInTime(
      () => synced(this.#descriptor),
      () => (this.#isClosed ? undefined : this.#descriptor),
    );
  }

  /** Whoever is still reading gets an error, and never what another file has under the same descriptor. */
  close(): void {
    this.#isClosed = true;
    close(this.#descriptor);
  }

  #read(bytes: Buffer, offset: number, position: number): Promise<number> {
    if (this.#isClosed) return Promise.reject(new Error("The database file has been closed."));
    return new Promise((resolve, reject) => {
      read(this.#descriptor, bytes, offset, bytes.length - offset, position, (error, count) =>
        error === null ? resolve(count) : reject(error),
      );
    });
  }
}
