import type { MadeCredential, ShownCredential } from "../http/api/credentials.ts";
import { askServer } from "./ask-server.ts";
import { runCommand } from "./command.ts";
import { pickOne } from "./pick-one.ts";
import { formatTime } from "./text.ts";
import { type CredentialKind, credentialsAt, credentialsPath, NOUNS } from "./token-answer.ts";
import type { AtEndpointOptions } from "./token-options.ts";
import { madeText } from "./token-text.ts";

export type CredentialRotateOptions = AtEndpointOptions & { readonly grace?: string; readonly expires?: string };

type Rotated = MadeCredential & { readonly replaced: ShownCredential };

/** `scimtool token rotate` and `scimtool client rotate`: another secret, beside the old one for a while. */
export function credentialRotate(kind: CredentialKind, which: string, options: CredentialRotateOptions): Promise<void> {
  const { json, endpoint, grace, expires, ...server } = options;
  return runCommand(`scimtool ${kind} rotate`, async (interruption) => {
    const { key } = pickOne(
      NOUNS[kind],
      endpoint,
      await credentialsAt({ ...server, interruption }, endpoint, kind),
      which,
    );
    const path = `${credentialsPath(endpoint)}/${key}/rotate`;
    const body = { ...(grace !== undefined && { grace }), ...(expires !== undefined && { expires }) };
    const made = await askServer<Rotated>({ ...server, interruption }, "POST", path, "secret", body);
    if (json === true) {
      console.log(JSON.stringify(made));
      return;
    }
    const end = formatTime(Date.parse(made.replaced.expires ?? ""));
    console.log(`Made another ${NOUNS[kind]} "${made.label}" of the endpoint "${endpoint}".\n\n${madeText(made)}`);
    console.log(`\nEnter it at the identity provider: the old one is valid until ${end}.`);
  });
}
