/** How long an issuer may take to answer. */
const TIMEOUT_MS = 5_000;

/** Of an answer. Entra's key set has some 20,000 bytes. */
const MAX_BYTES = 512 * 1_024;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** What speaks against fetching from there: keys that decide who comes in must not be altered on their way. */
export function urlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return `"${text}" is no URL`;
  if (url.username !== "" || url.password !== "") return `${url.host} must be named without a user or password`;
  if (url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.test(url.hostname))) return undefined;
  return `${text} must begin with https:`;
}

/**
 * Fetches a JSON object.
 * @throws Error that says what was wrong, for people
 */
export async function fetchJson(url: string): Promise<Readonly<Record<string, unknown>>> {
  const problem = urlProblem(url);
  if (problem !== undefined) throw new Error(problem);
  const text = await fetchText(url);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new Error(`${url} did not answer with a JSON object`);
}

async function fetchText(url: string): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    // A redirection could lead anywhere, also to addresses that only this machine reaches.
    const response = await fetch(url, { signal, redirect: "manual", headers: { accept: "application/json" } });
    const bytes = await readBounded(response);
    if (response.status !== 200) throw new Error(`${url} answered with status ${response.status}`);
    if (bytes === undefined) throw new Error(`${url} answered with more than ${MAX_BYTES} bytes`);
    return new TextDecoder().decode(bytes);
  } catch (error) {
    if (signal.aborted) throw new Error(`${url} did not answer within ${TIMEOUT_MS / 1_000} s`, { cause: error });
    if (error instanceof TypeError) throw new Error(`${url} cannot be reached: ${reasonOf(error)}`, { cause: error });
    throw error;
  }
}

/** @returns undefined when there is more than {@link MAX_BYTES} */
async function readBounded({ body }: Response): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function reasonOf({ cause, message }: TypeError): string {
  const { code } = (cause ?? {}) as { code?: string };
  return code ?? message;
}
