import { runCommand } from "./command.ts";
import { type CredentialKind, credentialsAt, NOUNS } from "./token-answer.ts";
import type { AtEndpointOptions } from "./token-options.ts";
import { credentialTable } from "./token-text.ts";

/** `scimtool token list` and `scimtool client list`. */
export function credentialList(kind: CredentialKind, options: AtEndpointOptions): Promise<void> {
  const { json, endpoint, ...server } = options;
  return runCommand(`scimtool ${kind} list`, async (interruption) => {
    const credentials = await credentialsAt({ ...server, interruption }, endpoint, kind);
    if (json === true) console.log(JSON.stringify(credentials));
    else if (credentials.length > 0) console.log(credentialTable(credentials, Date.now()));
    else {
      console.log(`The endpoint "${endpoint}" has no ${NOUNS[kind]}. Make one: scimtool ${kind} create <label>`);
    }
  });
}
