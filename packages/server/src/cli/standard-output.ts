/** Commands that go on, or end in their own way, when nobody reads what they print any more, as with `| head`. */
const READER_MAY_LEAVE: ReadonlySet<string | undefined> = new Set(["serve", "demo", "export"]);

/**
 * Has a failed write to standard output told, with exit code 1: what was printed may be the only copy of a secret.
 * Without a listener it would end the process with a stack, whatever that was in the middle of.
 * @param command the one that runs
 */
export function watchOutput(command: string | undefined): void {
  process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (code === "EPIPE" && READER_MAY_LEAVE.has(command)) return;
    if (process.exitCode === undefined || process.exitCode === 0) {
      console.error(
        `scimtool: standard output cannot be written (${code ?? message}): what was to be printed is lost.`,
      );
    }
    process.exitCode = 1;
  });
  // There is nowhere left to tell of this.
  process.stderr.on("error", () => undefined);
}
