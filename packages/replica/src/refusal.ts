/** Why a write should not even be tried now. */
export type Refusal = { readonly reason: string; readonly retryAfterMs: number; readonly diskFull: boolean };

/** This instance is not the one writer now. */
export class NotPrimary extends Error {
  override readonly name = "NotPrimary";
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, cause?: unknown) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/** A change is committed here and could not be made as durable as was asked. */
export class NotDurable extends Error {
  override readonly name = "NotDurable";
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, cause?: unknown) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/** The replica cannot start; the message says what was found and what to do. */
export class ReplicaStartFailed extends Error {
  override readonly name = "ReplicaStartFailed";
}
