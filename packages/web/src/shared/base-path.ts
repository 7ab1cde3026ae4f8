import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { endpointsQuery } from "../api/queries.ts";
import type { ExchangeSummary } from "../api/types.ts";

/** Paths that were recorded whole, since they are not below the base URL of an endpoint. */
const WHOLE_PATH = /^\/(?:scim|oauth|api|\.well-known)\//;

/** The path of the base URL that a request used; empty if its path is whole, or an administrator sent it. */
export function useBaseOf(): (exchange: Pick<ExchangeSummary, "endpoint" | "path" | "dialect">) => string {
  const { data: endpoints } = useQuery(endpointsQuery);
  const bases = useMemo(
    () => new Map(endpoints?.map(({ name, baseUrl }) => [name, new URL(baseUrl).pathname])),
    [endpoints],
  );
  return useCallback(
    ({ endpoint, path, dialect }) =>
      endpoint === null || dialect === "manual" || WHOLE_PATH.test(path) ? "" : (bases.get(endpoint) ?? ""),
    [bases],
  );
}
