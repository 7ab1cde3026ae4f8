import { describeSecret } from "../fingerprint.ts";
import { shown } from "../jwt/read.ts";
import { formOf } from "../secret.ts";

/**
 * A parameter in which other parameters stand, with the secret among them perhaps: people write a form with line breaks
 * or blanks in the place of "&".
 */
const WITH_OTHERS = /[=&\p{Cc}]/u;

/** Names of grant types: of RFC 6749, and of those that extend it (§4.5). */
const GRANT_TYPE = /^(?:[A-Za-z_-]{1,24}|urn:ietf:params:[a-z0-9:_-]{1,60})$/;

/** A client id for a record. People paste the secret into the wrong field. */
export function shownClient(clientId: string | undefined): string {
  if (clientId === undefined) return "no client id";
  return formOf(clientId) === "foreign"
    ? shownParameter(clientId)
    : `a secret in its place: ${describeSecret(clientId)}`;
}

/** A parameter of a token request for a record. */
export function shownParameter(value: string): string {
  return WITH_OTHERS.test(value) ? `more than one value: ${describeSecret(value)}` : shown(value);
}

export function shownGrantType(value: string): string {
  return GRANT_TYPE.test(value) ? shown(value) : `what is no name of one: ${describeSecret(value)}`;
}
