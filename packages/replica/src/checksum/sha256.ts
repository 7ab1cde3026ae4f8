import { createHash, hash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";

/** Length of a SHA-256 in bytes. */
export const SHA256_BYTES = 32;

/** Bytes copied or hashed without letting others have a turn: 1 ms, and 3 ms where the processor has no instructions for it. */
const STEP_BYTES = 1_024 * 1_024;

/** SHA-256 of the bytes. Many are hashed in steps, between which others have their turn. */
export async function sha256(bytes: Uint8Array): Promise<Buffer> {
  if (bytes.length <= STEP_BYTES) return hash("sha256", bytes, "buffer");
  const sum = createHash("sha256");
  for await (const step of steps([bytes])) sum.update(step);
  return sum.digest();
}

/** The pieces one behind the other, and behind them the SHA-256 of them all. Many are done in steps, as above. */
export async function sealed(pieces: readonly Uint8Array[]): Promise<Buffer> {
  const length = pieces.reduce((total, piece) => total + piece.length, 0);
  const seal = Buffer.allocUnsafeSlow(length + SHA256_BYTES);
  const sum = createHash("sha256");
  let at = 0;
  for await (const step of steps(pieces)) {
    seal.set(step, at);
    sum.update(step);
    at += step.length;
  }
  sum.digest().copy(seal, length);
  return seal;
}

async function* steps(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  let sinceTurn = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += STEP_BYTES) {
      const step = piece.subarray(at, at + STEP_BYTES);
      sinceTurn += step.length;
      if (sinceTurn > STEP_BYTES) {
        await turn();
        sinceTurn = step.length;
      }
      yield step;
    }
  }
}
