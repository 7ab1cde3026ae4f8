import { OutcomeUnknown, ReadsBusy, ReadTooLong, StoreFull, StoreUnavailable } from "../store.ts";
import { Overtaken, stateOf } from "./connection.ts";

/** Another transaction came first: serialization failure, deadlock. */
const CONFLICTS: ReadonlySet<string> = new Set(["40001", "40P01"]);

/** read_only_sql_transaction, object_not_in_prerequisite_state: this server is a standby, perhaps since a moment ago. */
const NO_PRIMARY: ReadonlySet<string> = new Set(["25006", "55000"]);

/** invalid_authorization_specification, invalid_password: the role was removed, or its password changed. */
const SIGN_IN_REFUSED = /^28/;

/** The certificate of the server is not trusted any more. */
const NO_TRUST = /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/;

/** The names of errors of the Azure SDK when it gets no access token. */
const NO_TOKEN = /^(?:Credential\w*|Authentication|AggregateAuthentication)Error$/;

/** Classes of errors that end a connection: connection exceptions, and an operator's intervention. */
const ENDS_CONNECTION = /^(?:08|57P)/;

/** idle_in_transaction_session_timeout. */
const IDLE_TOO_LONG = "25P03";

const TOO_MANY_CONNECTIONS = "53300";
const DISK_FULL = "53100";
const INSUFFICIENT_RESOURCES = /^53/;

/** lock_not_available, query_canceled: `lock_timeout` and `statement_timeout`. */
const TOO_SLOW: ReadonlySet<string> = new Set(["55P03", "57014"]);

const SILENCE = /^Query read timeout/;

/** All connections of the pool are in use. */
const POOL_EXHAUSTED = /^timeout exceeded when trying to connect/;

/** Whether the same transaction may succeed if it runs again at once. */
export function isConflict(error: unknown): boolean {
  return error instanceof Overtaken || CONFLICTS.has(stateOf(error) ?? "");
}

/** Whether the connection must not be used again. */
export function isBroken(error: unknown): boolean {
  if (error === undefined || error instanceof Overtaken) return false;
  const state = stateOf(error);
  return state === undefined || ENDS_CONNECTION.test(state) || NO_PRIMARY.has(state) || state === IDLE_TOO_LONG;
}

/** Whether the server answers that it accepts no more connections now. */
export function isWithoutRoom(error: unknown): boolean {
  return stateOf(error) === TOO_MANY_CONNECTIONS;
}

/** Whether a statement got no answer in its time, although its connection is open. */
export function isSilence(error: unknown): boolean {
  return SILENCE.test(messageOf(error));
}

/** Whether there is no access token to sign in with. */
export function isMissingToken(error: unknown): boolean {
  return NO_TOKEN.test((error as { readonly name?: string } | undefined)?.name ?? "");
}

/** Whether another connection may succeed: the database restarts, or another server takes over. */
export function isLostConnection(error: unknown): boolean {
  if (isExhausted(error)) return false;
  const state = stateOf(error);
  return state === undefined ? isConnectionError(error) : isBroken(error) || isWithoutRoom(error);
}

/** @returns the error of the port that stands for one of the database */
export function explained(error: unknown): unknown {
  if (error instanceof ReadTooLong || error instanceof ReadsBusy || error instanceof OutcomeUnknown) return error;
  const state = stateOf(error) ?? "";
  if (state === DISK_FULL) return new StoreFull("The disk of the database is full.", { cause: error });
  if (TOO_SLOW.has(state)) return new StoreUnavailable("The database is too slow.", { cause: error });
  if (isExhausted(error)) return new StoreUnavailable("All connections to the database are in use.", { cause: error });
  if (SIGN_IN_REFUSED.test(state) || NO_TRUST.test(codeOf(error)) || isMissingToken(error)) {
    return new StoreUnavailable("The database rejects the sign-in, or its certificate is not valid.", { cause: error });
  }
  if (isLostConnection(error) || INSUFFICIENT_RESOURCES.test(state)) {
    return new StoreUnavailable("The database does not answer.", { cause: error });
  }
  return error;
}

function isExhausted(error: unknown): boolean {
  return POOL_EXHAUSTED.test(messageOf(error));
}

function isConnectionError(error: unknown): boolean {
  const { code } = (error ?? {}) as { readonly code?: string };
  return (
    /^E[A-Z_]+$/.test(code ?? "") ||
    isSilence(error) ||
    /^(?:Connection terminated|timeout expired|Client has encountered a connection error|Client was closed)/.test(
      messageOf(error),
    )
  );
}

function codeOf(error: unknown): string {
  return (error as { readonly code?: string } | undefined)?.code ?? "";
}

function messageOf(error: unknown): string {
  return String((error as { readonly message?: unknown } | undefined)?.message ?? "");
}
