import type { MadeCredential } from "../http/api/credentials.ts";
import { askServer } from "./ask-server.ts";
import { runCommand } from "./command.ts";
import { type CredentialKind, credentialsPath, NOUNS } from "./token-answer.ts";
import { type GrantOptions, grantOf } from "./token-options.ts";
import { madeText } from "./token-text.ts";

export type CredentialCreateOptions = GrantOptions & { readonly expires?: string; readonly clientId?: string };

/** `scimtool token create` and `scimtool client create`: the secret is shown this once. */
export function credentialCreate(kind: CredentialKind, label: string, options: CredentialCreateOptions): Promise<void> {
  const { json, endpoint, expires, clientId } = options;
  return runCommand(`scimtool ${kind} create`, async (interruption) => {
    const body = {
      kind,
      label,
      ...grantOf(options),
      ...(expires !== undefined && { expires }),
      ...(clientId !== undefined && { clientId }),
    };
    const made = await askServer<MadeCredential>(
      { ...options, interruption },
      "POST",
      credentialsPath(endpoint),
      "secret",
      body,
    );
    if (json === true) console.log(JSON.stringify(made));
    else console.log(`Made the ${NOUNS[kind]} "${made.label}" of the endpoint "${endpoint}".\n\n${madeText(made)}`);
  });
}
