import { type LookupAddress, lookup } from "node:dns";
import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

const TIMEOUT_MS = 5_000;

/** Maximum size of a response. Entra's key set has about 20,000 bytes. */
const MAX_BYTES = 512 * 1_024;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Who chose a URL. An administrator may choose any address. An issuer's document may only name public addresses:
 * otherwise it could make this server send requests into its own network.
 */
export type ChosenBy = "administrator" | "issuer";

/**
 * Why keys must not be fetched from a URL. Keys decide whose tokens are accepted, so nobody may be able to change them
 * in transit.
 */
export function urlProblem(text: string, chosenBy: ChosenBy = "administrator"): string | undefined {
  const url = URL.parse(text);
  if (url === null) return `"${text}" is not a URL`;
  if (url.username !== "" || url.password !== "") return `${url.host} must be named without a user or password`;
  const isAllowed = url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.test(url.hostname));
  if (!isAllowed || (chosenBy === "issuer" && url.protocol !== "https:")) return `${text} must begin with https:`;
  // The operating system resolves names only, so an address is checked here.
  const address = url.hostname.replace(/^\[|\]$/g, "");
  if (chosenBy === "issuer" && ipaddr.isValid(address) && !isPublic(address)) return notPublic(url.hostname, address);
  return undefined;
}

/**
 * Fetches a JSON object, without following redirects.
 * @throws Error that says what is wrong, for people
 */
export async function fetchJson(url: string, chosenBy: ChosenBy): Promise<Readonly<Record<string, unknown>>> {
  const problem = urlProblem(url, chosenBy);
  if (problem !== undefined) throw new Error(problem);
  const text = await fetchText(url, chosenBy);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The error below reports it.
  }
  throw new Error(`${url} did not answer with a JSON object`);
}

async function fetchText(url: string, chosenBy: ChosenBy): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const { get } = url.startsWith("https:") ? https : http;
  // A separate connection: a shared one may lead to an address that was not checked.
  const isChecked = chosenBy === "issuer" && { agent: false, lookup: lookupPublic };
  try {
    const request = get(url, { signal, headers: { accept: "application/json" }, ...isChecked });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const bytes = await readBounded(response);
    if (response.statusCode !== 200) throw new Error(`${url} answered with status ${response.statusCode}`);
    if (bytes === undefined) throw new Error(`${url} answered with more than ${MAX_BYTES} bytes`);
    return new TextDecoder().decode(bytes);
  } catch (error) {
    if (signal.aborted) throw new Error(`${url} did not answer within ${TIMEOUT_MS / 1_000} s`, { cause: error });
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined) throw new Error(`${url} cannot be reached: ${code}`, { cause: error });
    throw error;
  }
}

/** @returns undefined if there are more than {@link MAX_BYTES} */
async function readBounded(response: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Resolves a name for a connection, which then uses exactly the addresses that are checked here. */
const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const hidden = error === null ? addresses.find(({ address }) => !isPublic(address)) : undefined;
    if (hidden !== undefined) callback(new Error(notPublic(hostname, hidden.address)), "");
    else if (error !== null || options.all === true) callback(error, addresses);
    else callback(null, addresses[0]?.address ?? "", addresses[0]?.family);
  });
};

function isPublic(address: string): boolean {
  return ipaddr.process(address).range() === "unicast";
}

function notPublic(host: string, address: string): string {
  return `${host} has the address ${address}, which is not public. If it is right, add the host to ISSUER_HOSTS`;
}
