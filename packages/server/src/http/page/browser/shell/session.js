/** @import { Endpoint, Session } from "../api/types.d.ts" */
import { change, getJson, Problem, sessionChanges } from "../api/ask.js";

/** Who is signed in, and what there is to see. */

/** @type {Session | undefined} */
let session;

/** @type {readonly Endpoint[]} */
let endpoints = [];

/** Whether whoever is signed in may change something. */
export function mayChange() {
  return session?.role === "admin";
}

export function signedInAs() {
  return session?.role;
}

/** The endpoints as of the last look. */
export function knownEndpoints() {
  return endpoints;
}

/** The endpoint to begin with. */
export function firstEndpoint() {
  const names = endpoints.map(({ name }) => name);
  return names.includes("default") ? "default" : (names[0] ?? "default");
}

/** @returns {Promise<readonly Endpoint[]>} @throws {Problem} */
export async function lookForEndpoints() {
  ({ endpoints } = /** @type {{ endpoints: Endpoint[] }} */ (await getJson("/endpoints")));
  return endpoints;
}

/**
 * Whether somebody is signed in.
 * @returns {Promise<boolean>}
 * @throws {Problem} when that cannot be told
 */
export async function resumeSession() {
  try {
    session = /** @type {Session} */ (await getJson("/session"));
    return true;
  } catch (error) {
    if (error instanceof Problem && (error.status === 401 || error.status === 403)) {
      session = undefined;
      return false;
    }
    throw error;
  }
}

/** @param {string} secret @throws {Problem} */
export async function signIn(secret) {
  session = /** @type {Session} */ (await change("POST", "/session", { secret }));
  sessionChanges();
}

/** @throws {Problem} */
export async function signOut() {
  // Before: what is still being asked may be refused sooner than this is answered.
  sessionChanges();
  await change("DELETE", "/session");
  session = undefined;
}
