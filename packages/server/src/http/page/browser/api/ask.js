/** @import { Json } from "./types.d.ts" */

/** Asks of `/api`, with the session's cookie, and refusals as errors for people. */

/** A refusal, or no answer at all. The message says what to do. */
export class Problem extends Error {
  /**
   * @param {number} status of HTTP; 0 where there was no answer
   * @param {string} detail
   * @param {number | undefined} [retryAfterSeconds]
   */
  constructor(status, detail, retryAfterSeconds) {
    super(detail);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
    /** Whether it ended the session, which the page says by itself. */
    this.endsSession = false;
  }
}

/** @type {() => void} */
let sessionEnded = () => undefined;

/** What was asked in one session says nothing of the next. */
let sessionNumber = 0;

/** Called where a session begins, or is ended by its own reader. */
export function sessionChanges() {
  sessionNumber++;
}

/**
 * @param {() => void} listener called when an answer says that nobody is signed in any more
 */
export function whenSessionEnds(listener) {
  sessionEnded = listener;
}

/**
 * @template Answer
 * @param {string} path below `/api`, with its query
 * @param {AbortSignal} [signal]
 * @returns {Promise<Answer>}
 * @throws {Problem}
 */
export async function getJson(path, signal) {
  const response = await send("GET", path, undefined, signal && { signal });
  return parsed(await textOf(response, signal));
}

/**
 * @param {string} path
 * @returns {Promise<string>}
 * @throws {Problem}
 */
export async function getText(path) {
  return textOf(await send("GET", path));
}

/**
 * Asks for a change.
 * @template Answer
 * @param {"POST" | "PUT" | "PATCH" | "DELETE"} method
 * @param {string} path
 * @param {unknown} [body] undefined sends none; a text is sent as it is
 * @param {Readonly<Record<string, string>>} [headers]
 * @returns {Promise<Answer>} undefined where the answer has no content
 * @throws {Problem}
 */
export async function change(method, path, body, headers) {
  const response = await send(method, path, body, headers && { headers });
  const text = await textOf(response);
  return text === "" ? /** @type {Answer} */ (undefined) : parsed(text);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {{ signal?: AbortSignal, headers?: Readonly<Record<string, string>> }} [options]
 */
async function send(method, path, body, { signal, headers = {} } = {}) {
  /** @type {RequestInit} */
  const init = {
    method,
    credentials: "same-origin",
    cache: "no-store",
    headers: {
      // Forms of other sites cannot send it.
      ...(method !== "GET" && { "x-scimtool-request": "1" }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...(signal && { signal }),
  };
  const askedIn = sessionNumber;
  const response = await fetch(`/api${path}`, init).catch((error) => {
    if (signal?.aborted) throw error;
    throw noAnswer();
  });
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.status === 401 && path !== "/session") {
    problem.endsSession = true;
    if (askedIn === sessionNumber) {
      sessionChanges();
      sessionEnded();
    }
  }
  throw problem;
}

function noAnswer() {
  return new Problem(0, "The server does not answer. Check that it runs and that this machine reaches it.");
}

/**
 * An answer may be cut off before its end.
 * @param {Response} response
 * @param {AbortSignal} [signal]
 */
async function textOf(response, signal) {
  return response.text().catch((error) => {
    if (signal?.aborted) throw error;
    throw noAnswer();
  });
}

/**
 * @template Answer
 * @param {string} text
 * @returns {Answer}
 * @throws {Problem}
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(0, "Something else than this server answered. Look at what stands between it and this browser.");
  }
}

/** @param {Response} response */
async function problemOf(response) {
  const retryAfter = Number(response.headers.get("retry-after"));
  /** @type {unknown} */
  const body = await response.json().catch(() => undefined);
  const detail = /** @type {{ detail?: Json } | undefined} */ (body)?.detail;
  const text =
    typeof detail === "string" ? detail : `The server answered ${`${response.status} ${response.statusText}`.trim()}.`;
  return new Problem(response.status, text, retryAfter > 0 ? retryAfter : undefined);
}
