import type { DatabaseFile } from "./database-file.ts";
import type { Pin } from "./guard.ts";

/**
 * The database file, held at a moment for as long as a copy of it goes to the target. It can be let go of before that is
 * through: as long as it is held, the log can neither be copied into it nor begin anew.
 */
export class HeldFile {
  readonly #file: Pick<DatabaseFile, "readPages">;
  readonly #pin: Pin;
  readonly #letGo = Promise.withResolvers<never>();
  #readMs = performance.now();
  #isHeld = true;

  /** @param pin is released with this */
  constructor(file: Pick<DatabaseFile, "readPages">, pin: Pin) {
    this.#file = file;
    this.#pin = pin;
    // Most often nobody waits for it.
    this.#letGo.promise.catch(() => {});
  }

  get pin(): Pin {
    return this.#pin;
  }

  /** For how long nobody has asked for pages: the target has taken nothing since. */
  get idleMs(): number {
    return performance.now() - this.#readMs;
  }

  /** As {@link DatabaseFile.readPages}. @throws Error when it has been let go of: the pages may be later ones */
  async readPages(firstPage: number, into: Buffer, pageSize: number): Promise<void> {
    this.#readMs = performance.now();
    if (this.#isHeld) await this.#file.readPages(firstPage, into, pageSize);
    if (!this.#isHeld) throw givenUp();
  }

  /** @returns what the work does @throws Error as soon as it is let go of, whatever becomes of the work */
  until<Result>(work: Promise<Result>): Promise<Result> {
    return Promise.race([work, this.#letGo.promise]);
  }

  release(): void {
    this.#isHeld = false;
    this.#pin.release();
  }

  /** Gives up what is under way. */
  letGo(): void {
    this.release();
    this.#letGo.reject(givenUp());
  }
}

function givenUp(): Error {
  return new Error("a copy of the database was given up: the target took nothing of it for long, and the log grew");
}
