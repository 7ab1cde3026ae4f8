import { ScimError } from "@scimtool/scim";
import type { FastifyRequest } from "fastify";
import type { NameOf } from "../../../monitor/export/exchange-json.ts";
import type { Source } from "../../../monitor/export/export.ts";
import type { RecordedExchange } from "../../../store/exchange.ts";
import type { Served } from "../../serving.ts";
import { servedTo } from "../../serving.ts";

export type AtExchange = { Params: { id: string } };

export function sourceOf({ directory: { store } }: Served): Source {
  return { exchanges: store.monitor.exchanges, scope: store.committed };
}

/** Names of the endpoints as they are at this moment. */
export function namesIn({ endpoints }: Served): NameOf {
  const names = new Map(endpoints.all().map(({ key, name }) => [key, name]));
  return (key) => (key === undefined ? null : (names.get(key) ?? null));
}

/** The exchange that the path of a request names. @throws ScimError 404 */
export async function findExchange(request: FastifyRequest<AtExchange>): Promise<RecordedExchange> {
  const { id } = request.params;
  const { exchanges, scope } = sourceOf(servedTo(request));
  const exchange = /^\d{1,16}$/.test(id) ? await exchanges.get(scope, Number(id)) : undefined;
  if (exchange !== undefined) return exchange;
  const detail = `There is no exchange ${id.slice(0, 20)}. What was recorded is kept for a time only.`;
  throw new ScimError(404, detail);
}
