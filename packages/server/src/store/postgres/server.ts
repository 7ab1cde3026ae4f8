import { readFileSync } from "node:fs";
import { type ConnectionOptions, getCACertificates } from "node:tls";
import type { TokenCredential } from "@azure/core-auth";
import pg from "pg";
import { type PostgresUrl, readPostgresUrl } from "../../postgres-url.ts";
import { stateOf } from "./connection.ts";
import { isMissingToken } from "./failures.ts";

/** How the database is reached, for every connection. */
export type Server = pg.ClientConfig & { readonly address: PostgresUrl };

/** Of Azure Database for PostgreSQL, in every region. */
const ENTRA_SCOPE = "https://ossrdbms-aad.database.windows.net/.default";

/** How long a connection may take, unless its user chooses another time. */
const CONNECT_MS = 10_000;

/**
 * @param credential replaces the identity that the Azure SDK finds
 * @throws Error if the URL is invalid or a certificate cannot be read
 */
export function serverAt(url: string, credential?: TokenCredential): Server {
  const address = readPostgresUrl(url);
  const { host, port, database, user, password, hasEntraSignIn } = address;
  return {
    address,
    host,
    database,
    connectionTimeoutMillis: CONNECT_MS,
    // Never left out, because pg would take it from PGSSLMODE.
    ssl: tlsOptions(address),
    ...(port !== undefined && { port }),
    ...(user !== undefined && { user }),
    ...(hasEntraSignIn ? { password: tokens(credential) } : password !== undefined && { password }),
  };
}

function tlsOptions({ tls, rootCertificate, certificate, key }: PostgresUrl): false | ConnectionOptions {
  if (tls === "plain") return false;
  return {
    rejectUnauthorized: true,
    ...(rootCertificate === "system" && { ca: getCACertificates("system") }),
    ...(rootCertificate !== undefined && rootCertificate !== "system" && { ca: certificateIn(rootCertificate) }),
    ...(certificate !== undefined && { cert: certificateIn(certificate) }),
    ...(key !== undefined && { key: certificateIn(key) }),
  };
}

function certificateIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`cannot read the certificate or key ${file} (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** @returns an access token for each new connection; it is renewed before it expires */
function tokens(credential: TokenCredential | undefined): () => Promise<string> {
  let provider: Promise<() => Promise<string>> | undefined;
  const open = async () => {
    const { DefaultAzureCredential, getBearerTokenProvider } = await import("@azure/identity");
    const managedIdentityClientId = process.env["AZURE_CLIENT_ID"];
    const found = credential ?? new DefaultAzureCredential(managedIdentityClientId ? { managedIdentityClientId } : {});
    return getBearerTokenProvider(found, ENTRA_SCOPE);
  };
  return async () => {
    provider ??= open();
    return (await provider)();
  };
}

/**
 * Opens a connection outside of the pool, when the program starts.
 * @throws Error that says what to do
 */
export async function connect(server: Server, options: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client({ ...server, ...options });
  // A lost connection fails the statement under way, too.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.end().catch(() => undefined);
    throw new Error(connectionProblem(server.address, error as Error), { cause: error });
  }
}

const NOT_PERMITTED = "42501";

/** @returns an error that says how to give the user the rights that it lacks; any other error unchanged */
export function withMissingRights(error: unknown, { user = "…", database }: PostgresUrl): unknown {
  if (stateOf(error) !== NOT_PERMITTED) return error;
  const { message } = error as Error;
  const remedy = /for schema/.test(message)
    ? `GRANT CREATE ON SCHEMA public TO "${user}"`
    : `REASSIGN OWNED BY <the user that created the tables> TO "${user}"`;
  return new Error(
    `the user "${user}" lacks a right: ${message}. As an administrator, connect to the database ${database} and run: ${remedy}`,
    { cause: error },
  );
}

const INVALID_PASSWORD = "28P01";
const NOT_ALLOWED = "28000";
const NO_DATABASE = "3D000";

/** The message of pg when nobody answers. */
const CONNECT_TIMEOUT = "timeout expired";

/** Of a certificate that no trusted authority has signed. */
const UNKNOWN_AUTHORITY = /^(?:UNABLE_TO_|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT)/;

function connectionProblem({ host, user, database, hasEntraSignIn }: PostgresUrl, error: Error): string {
  const { message } = error;
  if (isMissingToken(error)) {
    return `Microsoft Entra ID gives no access token for the database (${message.split(/\.?(?:\n|$)/)[0]}). In Azure, assign the identity "${user}" to this server, and set AZURE_CLIENT_ID to its client ID; elsewhere run az login`;
  }
  const { code = "" } = error as NodeJS.ErrnoException;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return `the certificate of the database server is not for ${host}. Use one of its names as the host of DATABASE_URL (${message})`;
  }
  if (UNKNOWN_AUTHORITY.test(code)) {
    return `no known authority has signed the certificate of ${host} (${code}). Add sslrootcert=<file> to DATABASE_URL, with the certificate of the authority`;
  }
  if (code.startsWith("CERT_")) return `the certificate of ${host} is not valid: ${message} (${code})`;
  if (message === "The server does not support SSL connections") {
    return `${host} offers no TLS. Turn it on there, or add sslmode=disable to DATABASE_URL if you trust the network`;
  }
  switch (stateOf(error)) {
    case INVALID_PASSWORD:
    case NOT_ALLOWED:
      return hasEntraSignIn
        ? `${host} rejects the access token of "${user}" (${message}). The user must have the name of the identity, and the identity a role in the database`
        : `${host} rejects the sign-in of "${user ?? ""}": ${message}`;
    case NO_DATABASE:
      return `${host} has no database "${database}". Create it: CREATE DATABASE ${database} OWNER ${user ?? "…"}`;
    case undefined:
      return `cannot connect to ${host}: ${message === CONNECT_TIMEOUT ? "no answer in time" : message || code}. Check DATABASE_URL, the server and its firewall`;
    default:
      return `${host} refuses the connection: ${message}`;
  }
}
