import { STATUS_CODES } from "node:http";
import { described, INTEGER, NO_CONTENT, named, object, type RouteSchema, type Schema, TEXT } from "../route-schema.ts";
import type { Components } from "./components.ts";

/** What a refusal is answered with. */
export type RefusalForm = { readonly mediaType: string; readonly schema: Schema };

/** RFC 9457 §3. */
export const PROBLEM_DETAILS: RefusalForm = {
  mediaType: "application/problem+json",
  schema: named(
    "Problem",
    "Why a request was refused (RFC 9457).",
    object({ title: TEXT, status: INTEGER, detail: described("What is wrong, and what to do instead.", TEXT) }),
  ),
};

const BAD_REQUEST = "The query or the body cannot be understood; `detail` names what is wrong.";
const NOT_LET_IN = "There is no valid secret or session.";
const FORBIDDEN = "The secret opens something else, or may look only, or the request comes from another site.";
const NOT_FOUND = "What the path names is not there.";
const TOO_LARGE = "The body is larger than is taken here.";
const NOT_JSON = "The body is not JSON in UTF-8, or its `Content-Type` says so.";
const TOO_MANY_WRONG = "Too many wrong secrets came from this address; `Retry-After` tells when to try again.";
const UNAVAILABLE = "It cannot be answered at the moment; `Retry-After` tells when to try again.";

const DISK_FULL = "The disk of the server is full, and nothing was changed; `Retry-After` tells when to try again.";

const RETRY_AFTER = { "Retry-After": { description: "When to try again, in seconds.", schema: INTEGER } };
const LOCATION = { Location: { description: "Path of what was made.", schema: TEXT } };

/** The `responses` of an operation (OpenAPI 3.1 §4.8.16): what it says of itself, and how it may be refused. */
export function answersOf(
  method: string,
  route: RouteSchema,
  components: Components,
  form: RefusalForm,
): Record<string, unknown> {
  const answers = Object.entries(route.response).map(([status, answer]) => [
    status,
    { ...(status === "201" && { headers: LOCATION }), ...answerOf(answer, components, Number(status)) },
  ]);
  const schema = components.referring(form.schema);
  const refusals = Object.entries({ ...usualRefusals(method, route), ...route.problems }).map(
    ([status, description]) => [
      status,
      {
        description,
        ...(["429", "503", "507"].includes(status) && { headers: RETRY_AFTER }),
        content: { [form.mediaType]: { schema } },
      },
    ],
  );
  return Object.fromEntries([...answers, ...refusals]);
}

function answerOf(answer: Schema, components: Components, status: number): object {
  if (answer["type"] === NO_CONTENT["type"]) return { description: answer["description"] };
  const { description = STATUS_CODES[status], content } = answer;
  if (content !== undefined) return { description, content: contentOf(content, components) };
  return { description, content: { "application/json": { schema: components.referring(answer) } } };
}

/** The `content` of an answer or a body: by media type, with the schemas in it referred to. */
export function contentOf(content: unknown, components: Components): object {
  const entries = Object.entries(content as Record<string, { readonly schema: Schema }>);
  return Object.fromEntries(
    entries.map(([mediaType, { schema }]) => [mediaType, { schema: components.referring(schema) }]),
  );
}

function usualRefusals(method: string, { security, params, body }: RouteSchema): Record<number, string> {
  return {
    400: BAD_REQUEST,
    ...(params !== undefined && { 404: NOT_FOUND }),
    ...(body !== undefined && { 413: TOO_LARGE, 415: NOT_JSON }),
    ...(method !== "GET" && { 507: DISK_FULL }),
    ...(security === undefined && { 401: NOT_LET_IN, 403: FORBIDDEN, 429: TOO_MANY_WRONG, 503: UNAVAILABLE }),
  };
}
