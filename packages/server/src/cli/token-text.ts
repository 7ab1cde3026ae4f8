import { formatDuration } from "../duration.ts";
import type { MadeCredential, ShownCredential } from "../http/api/credentials.ts";
import { table } from "./table.ts";
import { columns, formatTime } from "./text.ts";

/** A line for bash that reads the users of an endpoint. */
export function curlLine({ secret, baseUrl }: Pick<MadeCredential, "secret" | "baseUrl">): string {
  return `curl -H "Authorization: Bearer ${secret}" '${baseUrl}/Users'`;
}

/** What may be done: `read`, or `read, write`. */
export function scopesText(scopes: readonly string[]): string {
  return scopes.join(", ");
}

/** Tokens, or secrets of clients, one a line. */
export function credentialTable(credentials: readonly ShownCredential[], nowMs: number): string {
  const rows = credentials.map(({ key, label, clientId, scopes, lastUsed, expires, created, user }) => [
    String(key),
    label,
    clientId ?? "",
    scopesText(scopes),
    lastUsed === null ? "never" : `${formatDuration(Math.max(0, nowMs - Date.parse(lastUsed)))} ago`,
    endText(expires, nowMs),
    formatTime(Date.parse(created ?? "")),
    user ?? "",
  ]);
  return table(["Key", "Label", "Client id", "May", "Last used", "Ends", "Made", "User"], rows);
}

/** When it ends, or that it has. */
export function endText(expires: string | null, nowMs: number): string {
  if (expires === null) return "never";
  const ms = Date.parse(expires);
  return `${ms <= nowMs ? "ended " : ""}${formatTime(ms)}`;
}

/** A secret that is shown this once, with all that the identity provider asks for. */
export function madeText(made: MadeCredential): string {
  const { kind, secret, baseUrl, tokenUrl, clientId, scopes, expires, user } = made;
  const isClient = kind === "client";
  const rows: (readonly [string, string])[] = [
    ["  SCIM base URL", baseUrl],
    ...(isClient ? [["  Token URL", tokenUrl ?? ""] as const, ["  Client id", clientId ?? ""] as const] : []),
    [isClient ? "  Client secret" : "  Secret token", `${secret}   (shown this once)`],
    ["  May", scopesText(scopes)],
    ["  Ends", expires === null ? "never" : formatTime(Date.parse(expires))],
    ...(user === null ? [] : [["  /Me is", user] as const]),
  ];
  const line = isClient
    ? `curl -u '${clientId}:${secret}' -d grant_type=client_credentials '${tokenUrl}'`
    : curlLine(made);
  return `${columns(rows)}\n\nTry it:\n  ${line}`;
}
