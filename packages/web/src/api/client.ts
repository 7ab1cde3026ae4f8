import createClient from "openapi-fetch";
import { isMarkup, reportAnswer, reportOutage } from "./outage.ts";
import { NO_ANSWER, OTHER_ANSWER, Problem, problemOf } from "./problem.ts";
import type { paths } from "./schema.d.ts";

let sessionEnded: () => void = () => undefined;

/** Answers to requests of an earlier session say nothing about the current one. */
let sessionNumber = 0;

/** Call it when a session begins, or when its owner ends it. */
export function sessionChanges(): void {
  sessionNumber++;
}

/** @param listener called when an answer says that the session is over */
export function whenSessionEnds(listener: () => void): void {
  sessionEnded = listener;
}

/**
 * `fetch` with the session's cookie.
 * @throws Problem for every answer that is not a success
 */
async function checkedFetch(request: Request): Promise<Response> {
  const askedIn = sessionNumber;
  let response: Response;
  try {
    response = await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    reportOutage(NO_ANSWER);
    throw new Problem(0, NO_ANSWER);
  }
  if (isMarkup(response)) {
    reportOutage(OTHER_ANSWER);
    throw new Problem(0, OTHER_ANSWER);
  }
  if (response.ok || response.status === 304) {
    reportAnswer();
    return response;
  }
  const isSessionRequest = new URL(request.url).pathname === "/api/session";
  const problem = await problemOf(response, response.status === 401 && !isSessionRequest);
  if (problem.isOutage) reportOutage(problem.message);
  else reportAnswer();
  if (problem.endsSession && askedIn === sessionNumber) {
    sessionChanges();
    sessionEnded();
  }
  throw problem;
}

/** The server's API, typed by its OpenAPI document. */
export const api = createClient<paths>({
  baseUrl: location.origin,
  fetch: checkedFetch,
  credentials: "same-origin",
  cache: "no-store",
  // Forms of other sites cannot send it.
  headers: { "x-scimtool-request": "1" },
});

/**
 * The body of a successful answer.
 * @throws Problem
 */
export async function dataOf<Data>(answer: Promise<{ data?: Data }>): Promise<NonNullable<Data>> {
  const { data } = await answer;
  if (data === undefined || data === null) throw new Problem(0, OTHER_ANSWER);
  return data;
}
