import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import Fastify from "fastify";
import { Authenticator } from "../../auth/authenticator.ts";
import { newClientSecret } from "../../auth/credentials.ts";
import { START_MS, type TestDatabase, testDatabase } from "../../auth/testing/database.ts";
import type { Credential, NewCredential } from "../../store/store.ts";
import { type Answer, type Client, clientOf } from "../../testing/client.ts";
import { oauthMetadataRoutes } from "./metadata.ts";
import { type OAuthOptions, oauth, type TokenOutcome } from "./oauth.ts";

/** The token endpoints of two endpoints, `default` and `hr`, with their own database. */
export type TokenServer = TestDatabase & {
  readonly origin: string;
  readonly tokenUrl: string;
  readonly authenticator: Authenticator;
  readonly client: Client;
  /** Creates a client secret of the default endpoint; `changed` overrides the defaults. */
  readonly addClient: (changed?: Partial<NewCredential>) => Promise<Credential & { readonly secret: string }>;
  readonly post: (
    parameters: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
    endpoint?: "default" | "hr",
  ) => Promise<Answer>;
  readonly outcomes: TokenOutcome[];
  nowMs: number;
};

export const CLIENT_ID = "c1";

/**
 * @param changed overrides the default options
 * @param log gets each log line
 */
export async function startTokenServer(
  t: TestContext,
  changed: Partial<OAuthOptions> = {},
  log: (line: string) => void = () => undefined,
): Promise<TokenServer> {
  const database = await testDatabase(t);
  const { store, endpoint, other } = database;
  const authenticator = await Authenticator.open(store);
  const outcomes: TokenOutcome[] = [];
  const server = Fastify({ logger: { level: "error", stream: { write: log } } });
  server.decorateRequest("recording", null);
  const optionsOf = (key: "endpoint" | "other", path: string): OAuthOptions => ({
    endpointOf: () => database[key],
    tokenUrlOf: () => `${origin}${path}`,
    authenticator: () => authenticator,
    open: async () => ({ authenticator, database: store }),
    onOutcome: (_request, outcome) => outcomes.push(outcome),
    now: () => running.nowMs,
    ...changed,
  });
  server.register(oauth, { prefix: "/oauth", ...optionsOf("endpoint", "/oauth/token") });
  const otherPath = `/scim/endpoints/${other.name}/oauth`;
  server.register(oauth, { prefix: otherPath, ...optionsOf("other", `${otherPath}/token`) });
  server.register(oauthMetadataRoutes, {
    serverOf: (_request, name) => {
      if (name === undefined) return { issuer: origin, tokenUrl: `${origin}/oauth/token` };
      const issuer = `${origin}/scim/endpoints/${name}`;
      return { issuer, tokenUrl: `${issuer}/oauth/token` };
    },
  });
  await server.listen({ port: 0, host: "127.0.0.1" });
  const origin = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  const client = clientOf(origin, undefined);
  t.after(async () => {
    client.close();
    await server.close();
  });
  const running: TokenServer = {
    ...database,
    origin,
    tokenUrl: `${origin}/oauth/token`,
    authenticator,
    client,
    addClient: async (values = {}) => {
      const { secret, credential } = newClientSecret({
        endpoint: endpoint.key,
        label: "first secret",
        scopes: ["read", "write"],
        expiresMs: undefined,
        user: undefined,
        clientId: CLIENT_ID,
      });
      const added = await store.transaction((transaction) =>
        store.credentials.insert(transaction, { ...credential, ...values }, START_MS),
      );
      await authenticator.refresh();
      return { ...added, secret };
    },
    post: (parameters, headers = {}, at = "default") =>
      client.send("POST", at === "default" ? "/oauth/token" : `${otherPath}/token`, {
        body: new URLSearchParams(parameters).toString(),
        headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      }),
    outcomes,
    nowMs: START_MS,
  };
  return running;
}

/** The header of HTTP Basic (RFC 6749 §2.3.1). */
export function basic(clientId: string, secret: string): { readonly authorization: string } {
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}
