/** A `postgres://` URL, read. */
export type PostgresUrl = {
  readonly host: string;
  /** undefined for the usual one. */
  readonly port: number | undefined;
  readonly database: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** `plain` only on this machine, or if the URL asks for it. */
  readonly tls: "plain" | "verified";
  /** Files; `system` for the certificate authorities of the operating system. */
  readonly rootCertificate: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** Signs in with an access token of Microsoft Entra ID instead of a password. */
  readonly hasEntraSignIn: boolean;
};

const SSL_MODES = ["disable", "require", "verify-ca", "verify-full"];
const PARAMETERS = ["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "auth"];

/** A host that no other machine can listen to, or the folder of a Unix socket. */
const ON_THIS_MACHINE = /^(?:localhost|127(?:\.\d+){3}|::1|\/.*)$/i;

export function isPostgresUrl(text: string): boolean {
  return /^postgres(?:ql)?:/i.test(text);
}

/** @throws Error that does not contain the URL, which may contain a password */
export function readPostgresUrl(text: string): PostgresUrl {
  const url = URL.parse(text);
  if (/\/\/[^/?#]*,/.test(text)) {
    throw new Error("several hosts are not supported. Name one that follows the primary, such as a load balancer.");
  }
  if (url === null || url.pathname.length < 2) {
    throw new Error("must name a database, such as postgres://scimtool@db.example.com/scimtool?sslmode=verify-full.");
  }
  const values = new Map(url.searchParams);
  const unknown = [...values.keys()].filter((name) => !PARAMETERS.includes(name));
  if (unknown.length > 0) throw new Error(`has unknown parameters: ${unknown}. Known are ${PARAMETERS.join(", ")}.`);
  const host = values.get("host") ?? url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (host === "") throw new Error("must name a host, such as postgres://scimtool@db.example.com/scimtool.");
  const auth = values.get("auth");
  if (auth !== undefined && auth !== "entra")
    throw new Error("auth must be entra, or absent to sign in with a password.");
  const hasEntraSignIn = auth === "entra";
  if (hasEntraSignIn && (url.password !== "" || url.username === "")) {
    throw new Error("with auth=entra must have the database's name of the identity as user, and no password.");
  }
  const tls = tlsOf(host, values.get("sslmode"));
  if (hasEntraSignIn && tls === "plain" && !ON_THIS_MACHINE.test(host)) {
    throw new Error("auth=entra needs TLS: anybody on the network could use the token. Remove sslmode=disable.");
  }
  return {
    host,
    port: url.port === "" ? undefined : Number(url.port),
    database: decoded(url.pathname.slice(1)),
    user: decoded(url.username) || undefined,
    password: decoded(url.password) || undefined,
    tls,
    rootCertificate: values.get("sslrootcert"),
    certificate: values.get("sslcert"),
    key: values.get("sslkey"),
    hasEntraSignIn,
  };
}

function tlsOf(host: string, mode: string | undefined): PostgresUrl["tls"] {
  if (mode === undefined) return ON_THIS_MACHINE.test(host) ? "plain" : "verified";
  if (SSL_MODES.includes(mode)) return mode === "disable" ? "plain" : "verified";
  throw new Error(
    `sslmode=${mode} is not supported: it may connect without TLS or to another server. Use verify-full, or disable for a network that you trust.`,
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error("has a % that does not begin an escape. Write it as %25.");
  }
}

/** Host, port and database, for display. */
export function databaseName(text: string): string {
  const { host, port, database } = readPostgresUrl(text);
  return `${host}${port === undefined ? "" : `:${port}`}/${database}`;
}

/** Why others could read what is sent to the database; undefined if they cannot. */
export function plaintextWarning(text: string): string | undefined {
  const { host, tls } = readPostgresUrl(text);
  if (tls === "verified" || ON_THIS_MACHINE.test(host)) return undefined;
  return `The connection to ${host} is not encrypted (sslmode=disable): anybody on the network can read the data and the password. Use sslmode=verify-full.`;
}
