import {
  type JsonObject,
  listResponseText,
  newReading,
  project,
  type QueryParameters,
  type ResourceModel,
  readProjection,
  readSearchRequest,
  readUrlQuery,
  ScimError,
} from "@scimtool/scim";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import type { RecordedExchange } from "../../store/exchange.ts";
import type { Store } from "../../store/store.ts";
import { textOf } from "../export/exchange-json.ts";
import { readState } from "./state.ts";

/**
 * The answer to a read, which is not recorded, rebuilt from the history: the requested attributes of the version that it
 * returned. The text may differ in order, `meta` and derived attributes.
 * @returns undefined if the answer was recorded, had no body, as for HEAD, or can no longer be rebuilt
 */
export async function answerByHistory(
  store: Store,
  endpoint: Pick<ServedEndpoint, "key" | "models">,
  exchange: RecordedExchange,
): Promise<string | undefined> {
  const { details, response, resources, sentences } = exchange;
  const { revision } = details;
  const [only] = resources;
  const isKept = response.body.length > 0 || response.bodyBytes === 0;
  if (isKept || typeof revision !== "number" || only === undefined) return undefined;
  try {
    const { resource, model } = await readState(store, endpoint, only.id, { revision });
    if (resource === undefined) return undefined;
    const text = JSON.stringify(shownOf(resource, model, exchange));
    return sentences[0]?.kind === "read.found" ? text : listResponseText(1, 1, [text]);
  } catch (error) {
    if (error instanceof ScimError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** RFC 7644 §3.9: an answer has the requested attributes. */
function shownOf(resource: JsonObject, model: ResourceModel, exchange: RecordedExchange): JsonObject {
  return project(resource, readProjection(parametersOf(exchange), model, newReading("tolerant")), model);
}

/** @throws ScimError, SyntaxError if it was not recorded completely */
function parametersOf({ method, query, request }: RecordedExchange): QueryParameters {
  if (method === "POST") return readSearchRequest(JSON.parse(textOf(request) ?? ""));
  // As in a request: the first parameter of a name counts.
  const parameters = [...new URLSearchParams(query)].map(([name, value]) => [name.toLowerCase(), value] as const);
  return readUrlQuery(new Map(parameters.reverse()));
}
