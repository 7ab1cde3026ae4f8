import { describeSecret } from "../fingerprint.ts";
import { shown } from "../jwt/read.ts";
import { formOf } from "../secret.ts";

/** A client id for a record. People paste the secret into the wrong field. */
export function shownClient(clientId: string | undefined): string {
  if (clientId === undefined) return "no client id";
  return formOf(clientId) === "foreign" ? shown(clientId) : `a secret in its place: ${describeSecret(clientId)}`;
}
