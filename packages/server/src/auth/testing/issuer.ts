import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

/** An issuer on the loopback interface: it signs tokens, and publishes its metadata and keys. */
export type TestIssuer = {
  /** Its name and URL. */
  readonly issuer: string;
  readonly keysUrl: string;
  /** Signs claims with its newest key; `header` is added to the default one. */
  readonly sign: (claims: Record<string, unknown>, header?: Record<string, unknown>) => Promise<string>;
  /** Makes a new key and stops publishing the earlier ones. */
  readonly rotate: (algorithm?: string) => Promise<void>;
  /** Requested paths. */
  readonly asked: string[];
  /** If set, responds in its place. */
  answer: ((path: string, response: ServerResponse) => void) | undefined;
  readonly close: () => Promise<void>;
};

export async function startIssuer(algorithm = "ES256"): Promise<TestIssuer> {
  const asked: string[] = [];
  let keys: JWK[] = [];
  let current: { readonly alg: string; readonly kid: string; readonly privateKey: CryptoKey };
  let made = 0;
  const rotate = async (alg = algorithm) => {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    current = { alg, kid: `key-${++made}`, privateKey };
    keys = [{ ...(await exportJWK(publicKey)), alg, kid: current.kid, use: "sig" }];
  };
  await rotate();
  const server = createServer(({ url = "" }, response) => {
    asked.push(url);
    if (issuer.answer !== undefined) return issuer.answer(url, response);
    const body = url.endsWith("/openid-configuration") ? { issuer: origin, jwks_uri: `${origin}/keys` } : { keys };
    response.setHeader("content-type", "application/json").end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: TestIssuer = {
    issuer: origin,
    keysUrl: `${origin}/keys`,
    sign: (claims, header = {}) => {
      const { alg, kid, privateKey } = current;
      return new SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);
    },
    rotate,
    asked,
    answer: undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}
