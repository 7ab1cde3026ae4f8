/** What has failed, of all that is done again and again, and has not succeeded since. */
export class Failures {
  readonly #lasting = new Map<string, string>();
  #count = 0;

  /** Failures so far. */
  get count(): number {
    return this.#count;
  }

  /** The last of those that nothing has come of since. */
  get last(): string | undefined {
    return [...this.#lasting.values()].at(-1);
  }

  /** Why something does not succeed at present. */
  of(what: string): string | undefined {
    return this.#lasting.get(what);
  }

  failed(what: string, error: Error): void {
    this.#count++;
    this.#lasting.delete(what);
    this.#lasting.set(what, error.message);
  }

  succeeded(what: string): void {
    this.#lasting.delete(what);
  }
}
