import type { ShownTrust } from "../http/api/trusts.ts";
import { askServer } from "./ask-server.ts";
import { CommandRefused, runCommand } from "./command.ts";
import { type GrantOptions, grantOf } from "./token-options.ts";
import { scopesText } from "./token-text.ts";
import { claimsText, trustsPath } from "./trust-answer.ts";

export type TrustAddOptions = GrantOptions & {
  readonly issuer?: string;
  readonly tenant?: string;
  readonly audience: string;
  readonly clientId?: string;
  readonly subject?: string;
  readonly jwksUri?: string;
};

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `scimtool trust add`: tokens of an issuer are let in from now on. */
export function trustAdd(label: string, options: TrustAddOptions): Promise<void> {
  return runCommand("scimtool trust add", async (interruption) => {
    const { json, endpoint, tenant, audience, clientId, subject, jwksUri } = options;
    const body = {
      label,
      issuer: issuerOf(options),
      audience,
      ...grantOf(options),
      ...(tenant !== undefined && { tenant }),
      ...(clientId !== undefined && { clientId }),
      ...(subject !== undefined && { subject }),
      ...(jwksUri !== undefined && { jwksUri }),
    };
    const trust = await askServer<ShownTrust>(
      { ...options, interruption },
      "POST",
      trustsPath(endpoint),
      "issuer",
      body,
    );
    if (json === true) {
      console.log(JSON.stringify(trust));
      return;
    }
    console.log(
      `The endpoint "${endpoint}" trusts ${trust.issuer}: tokens with ${claimsText(trust)} may ${scopesText(trust.scopes)}.`,
    );
    if (clientId === undefined && subject === undefined) {
      console.error(
        "Everything that this issuer makes for that audience is let in. Name one sender by --client-id or --subject.",
      );
    }
  });
}

/** A tenant of Entra ID is an issuer of its own; this is its name in tokens of version 2.0. */
function issuerOf({ issuer, tenant }: TrustAddOptions): string {
  if (issuer !== undefined) return issuer;
  if (tenant === undefined) {
    throw new CommandRefused("whose tokens? Give the issuer by --issuer, or a tenant of Entra ID by --tenant.");
  }
  if (GUID.test(tenant)) return `https://login.microsoftonline.com/${tenant}/v2.0`;
  throw new CommandRefused(
    `"${tenant}" is no tenant id, which is a GUID: the Directory (tenant) ID of the Entra admin center's overview.`,
  );
}
