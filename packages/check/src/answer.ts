import { isObject, type Json, type JsonObject, LIST_RESPONSE_SCHEMA } from "@scimtool/scim";
import type { Exchange, Method } from "./client.ts";

/** Sections of RFC 7644 about the answer to each method. */
const SECTIONS: Readonly<Record<Method, string>> = {
  POST: "3.3",
  GET: "3.4",
  PUT: "3.5.1",
  PATCH: "3.5.2",
  DELETE: "3.6",
};

/** The server's answer is not what the identity provider needs. */
export class UnexpectedAnswer extends Error {
  override readonly name = "UnexpectedAnswer";
  readonly exchange: Exchange;

  constructor(exchange: Exchange, needed: string) {
    super(`${exchange.method} ${exchange.path} answered ${exchange.status}${detailOf(exchange)}; ${needed} is needed.`);
    this.exchange = exchange;
  }
}

function detailOf({ responseBody }: Exchange): string {
  if (isObject(responseBody) && typeof responseBody["detail"] === "string") return ` (${responseBody["detail"]})`;
  return typeof responseBody === "string" ? ` (${JSON.stringify(responseBody.slice(0, 200))})` : "";
}

/**
 * @returns the exchange
 * @throws UnexpectedAnswer if it has another status
 */
export function expectStatus(exchange: Exchange, ...statuses: readonly number[]): Exchange {
  if (!statuses.includes(exchange.status)) {
    throw new UnexpectedAnswer(exchange, `${statuses.join(" or ")} (RFC 7644 §${SECTIONS[exchange.method]})`);
  }
  return exchange;
}

/** @throws UnexpectedAnswer if the answer is not a resource with an id */
export function idOf(exchange: Exchange): string {
  const { responseBody } = exchange;
  if (isObject(responseBody) && typeof responseBody["id"] === "string" && responseBody["id"] !== "") {
    return responseBody["id"];
  }
  throw new UnexpectedAnswer(exchange, "a resource with an id (RFC 7643 §3.1)");
}

export type ListResponse = {
  readonly totalResults: number;
  readonly startIndex: Json | undefined;
  readonly resources: readonly JsonObject[];
};

/** @throws UnexpectedAnswer if the answer is not a ListResponse (RFC 7644 §3.4.2) */
export function listOf(exchange: Exchange): ListResponse {
  const body = expectStatus(exchange, 200).responseBody;
  if (!isObject(body) || !Array.isArray(body["schemas"]) || !body["schemas"].includes(LIST_RESPONSE_SCHEMA)) {
    throw new UnexpectedAnswer(exchange, "a ListResponse (RFC 7644 §3.4.2)");
  }
  const { totalResults, startIndex, Resources: resources = [] } = body;
  if (typeof totalResults !== "number" || !Array.isArray(resources) || !resources.every(isObject)) {
    throw new UnexpectedAnswer(exchange, "a ListResponse with totalResults and Resources (RFC 7644 §3.4.2)");
  }
  return { totalResults, startIndex, resources };
}

/**
 * Reads the result of a search by name.
 * @returns the id, or undefined if nothing has that name
 * @throws UnexpectedAnswer also if the server returned a different resource: with a server that ignores filters, Entra ID would change the wrong one
 */
export function idNamed(attribute: "userName" | "displayName", name: string, exchange: Exchange): string | undefined {
  const [found] = listOf(exchange).resources;
  if (found === undefined) return undefined;
  const { id, [attribute]: held } = found;
  if (typeof held === "string" && held.toLowerCase() === name.toLowerCase()) {
    return typeof id === "string" ? id : undefined;
  }
  throw new UnexpectedAnswer(exchange, "nothing but what the filter matches (RFC 7644 §3.4.2.2)");
}

/** @throws UnexpectedAnswer if the answer is not an empty ListResponse */
export function expectEmptyList(exchange: Exchange): Exchange {
  const { totalResults, resources } = listOf(exchange);
  if (totalResults !== 0 || resources.length !== 0) {
    throw new UnexpectedAnswer(exchange, "an empty ListResponse, as nothing matches (RFC 7644 §3.4.2)");
  }
  return exchange;
}
