import {
  diffResources,
  GROUP_TYPE,
  isObject,
  type Json,
  type JsonObject,
  newReading,
  PATCH_SCHEMA,
  patchResource,
  type Reading,
  type ResourceModel,
  readPatch,
  readResource,
  resourceModel,
  USER_TYPE,
  withoutNeverReturned,
} from "@scimtool/scim";
import type { WriteAction } from "../../directory/context.ts";
import { labelOf } from "../../directory/resource.ts";
import { recogniseDialect } from "../dialect/recognise.ts";
import type { SentRequest } from "../dialect/signs.ts";
import type { ExchangeFacts } from "../exchange-facts.ts";
import { notKeptByPatch, notKeptByResource } from "../not-kept.ts";
import { sentencesOf } from "../sentence/sentences.ts";
import { english } from "../words/sentence.ts";
import { exchangeFacts, written } from "./exchange-facts.ts";

export const USER = resourceModel(USER_TYPE);
export const GROUP = resourceModel(GROUP_TYPE);
export const USER_URN = USER_TYPE.schema.id;
export const GROUP_URN = GROUP_TYPE.schema.id;
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** A user with what the shapes of requests are about. */
export function alice(more: JsonObject = {}): JsonObject {
  return {
    schemas: [USER_URN, ENTERPRISE],
    id: "u1",
    userName: "alice@example.com",
    displayName: "Alice Young",
    name: { givenName: "Alice", familyName: "Young" },
    active: true,
    emails: [{ value: "alice@example.com", type: "work", primary: true }],
    [ENTERPRISE]: { department: "Sales", manager: { value: "26118915", displayName: "John Smith" } },
    ...more,
  };
}

export function finance(): JsonObject {
  return {
    schemas: [GROUP_URN],
    id: "g1",
    displayName: "Finance",
    members: [
      { value: "u1", type: "User", display: "Alice Young" },
      { value: "u2", type: "User", display: "Bob" },
    ],
  };
}

/** A write as it is told: the sentences, and each attribute as `path: before → after`. */
export type Told = {
  readonly by: string;
  readonly sentences: readonly string[];
  readonly differences: readonly string[];
};

/** How a client writes beyond the body. */
export type Manner = Partial<Pick<SentRequest, "query" | "userAgent">>;

/** A PATCH of a resource in memory, by the language's own change set. */
export function patched(before: JsonObject, operations: readonly Json[], manner: Manner = {}): Told {
  const body = { schemas: [PATCH_SCHEMA], Operations: [...operations] };
  const reading = newReading("tolerant");
  const model = modelOf(before);
  const notKept = notKeptByPatch(readPatch(body, model, newReading("tolerant")), model);
  const { resource } = patchResource(before, body, model, reading);
  return tell("modify", before, resource, notKept, reading, {
    method: "PATCH",
    path: pathOf(before, model),
    body,
    ...manner,
  });
}

/** A PUT in place of a resource in memory. Members are derived from the body as they are from a PATCH. */
export function replaced(before: JsonObject, body: JsonObject, manner: Manner = {}): Told {
  const reading = newReading("tolerant");
  const model = modelOf(before);
  const resource = readResource(body, model, reading);
  return tell("replace", before, resource, notKeptByResource(resource, model), reading, {
    method: "PUT",
    path: pathOf(before, model),
    body,
    ...manner,
  });
}

export function created(model: ResourceModel, body: JsonObject, manner: Manner = {}): Told {
  const reading = newReading("tolerant");
  const resource = readResource(body, model, reading);
  return tell("create", {}, resource, notKeptByResource(resource, model), reading, {
    method: "POST",
    path: model.type.endpoint,
    body,
    ...manner,
  });
}

function tell(
  action: WriteAction,
  before: JsonObject,
  after: JsonObject,
  notKept: readonly string[],
  { notes }: Reading,
  sent: Pick<SentRequest, "method" | "path" | "body"> & Manner,
): Told {
  const request: SentRequest = { query: undefined, userAgent: undefined, ...sent };
  const { dialect } = recogniseDialect(request);
  const id = String(before["id"] ?? "new");
  const name = after["name"];
  const model = modelOf(after);
  const outcome = written(
    { type: model.type.name, id, label: labelOf(after, id) },
    {
      action,
      labelBefore: action === "create" ? undefined : labelOf(before, id),
      givenName: isObject(name) && typeof name["givenName"] === "string" ? name["givenName"] : undefined,
      changes: diffResources(before, withoutNeverReturned(after, model), model),
      notKept,
      notes,
    },
  );
  return told(exchangeFacts(outcome, { method: request.method, path: request.path, dialect }));
}

/** What is told of an exchange. */
export function told(exchange: ExchangeFacts): Told {
  const sentences = sentencesOf(exchange);
  return {
    by: exchange.actor.dialect,
    sentences: sentences.map((sentence) => english(sentence)),
    differences: sentences
      .flatMap(({ attributes }) => attributes)
      .map(({ path, before, after }) => `${path}: ${before ?? "-"} → ${after ?? "-"}`),
  };
}

function modelOf({ schemas }: JsonObject): ResourceModel {
  return Array.isArray(schemas) && schemas.includes(GROUP_URN) ? GROUP : USER;
}

function pathOf({ id }: JsonObject, { type }: ResourceModel): string {
  return `${type.endpoint}/${String(id)}`;
}
