import type { ShownCredential } from "../http/api/credentials.ts";
import { type AskedServer, askServer } from "./ask-server.ts";
import { pathOf } from "./endpoint-answer.ts";

/** What the commands `token` and `client` are about. */
export type CredentialKind = "token" | "client";

/** What one is called. */
export const NOUNS: Readonly<Record<CredentialKind, string>> = { token: "token", client: "client secret" };

type List = { readonly credentials: readonly ShownCredential[] };
type Removed = { readonly removed: ShownCredential; readonly advice: string | null };

export function credentialsPath(endpoint: string): string {
  return `${pathOf(endpoint)}/credentials`;
}

/** Those of a kind that an endpoint has. @throws CommandRefused */
export async function credentialsAt(
  server: AskedServer,
  endpoint: string,
  wanted: CredentialKind,
): Promise<ShownCredential[]> {
  const { credentials } = await askServer<List>(server, "GET", credentialsPath(endpoint), "credentials");
  return credentials.filter(({ kind }) => kind === wanted);
}

/** @throws CommandRefused */
export function removeCredential(
  server: AskedServer,
  endpoint: string,
  { key }: Pick<ShownCredential, "key">,
): Promise<Removed> {
  return askServer<Removed>(server, "DELETE", `${credentialsPath(endpoint)}/${key}`, "removed");
}
