import { mergePatch } from "../endpoint/merge-patch.ts";
import type { MadeCredential } from "../http/api/credentials.ts";
import { type AskedServer, askServer } from "./ask-server.ts";
import { CommandRefused, runCommand } from "./command.ts";
import { type EndpointAnswer, pathOf } from "./endpoint-answer.ts";
import { settingsOf } from "./endpoint-settings.ts";
import type { AskingOptions } from "./server-options.ts";
import { columns } from "./text.ts";
import { curlLine } from "./token-text.ts";

export type EndpointCreateOptions = AskingOptions & { readonly set?: readonly string[]; readonly settings?: string };

/** `scimtool endpoint create`: makes an endpoint and a token for it, which is all that an identity provider needs. */
export function endpointCreate(name: string, options: EndpointCreateOptions): Promise<void> {
  const { json, set = [], settings: file, ...server } = options;
  return runCommand("scimtool endpoint create", async (interruption) => {
    // A default that is brought back is one that was never left.
    const settings = mergePatch({}, settingsOf(set, file));
    const endpoint = await askServer<EndpointAnswer>({ ...server, interruption }, "POST", "/api/endpoints", "inForce", {
      name,
      settings,
    });
    const token = await firstToken({ ...server, interruption }, name);
    if (json === true) {
      console.log(JSON.stringify({ endpoint, token }));
      return;
    }
    const { baseUrl, secret } = token;
    const rows = [
      ["  SCIM base URL", baseUrl],
      ["  Secret token", `${secret}   (shown this once)`],
    ] as const;
    console.log(`Made the endpoint "${name}".\n\n${columns(rows)}\n\nTry it:\n  ${curlLine(token)}`);
  });
}

async function firstToken(server: AskedServer, name: string): Promise<MadeCredential> {
  const body = { kind: "token", label: "first token" };
  try {
    return await askServer<MadeCredential>(server, "POST", `${pathOf(name)}/credentials`, "secret", body);
  } catch (error) {
    const { message } = error as Error;
    throw new CommandRefused(
      `the endpoint "${name}" was made, but no token for it: ${message} Try: scimtool token create "first token" --endpoint ${name}`,
    );
  }
}
