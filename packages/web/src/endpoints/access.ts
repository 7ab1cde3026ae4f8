import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "../api/client.ts";
import { queryClient } from "../api/queries.ts";

export function credentialsQuery(endpoint: string) {
  return queryOptions({
    queryKey: ["credentials", endpoint],
    refetchInterval: 10_000,
    queryFn: async ({ signal }) => {
      const params = { path: { name: endpoint } };
      return (await dataOf(api.GET("/api/endpoints/{name}/credentials", { params, signal }))).credentials;
    },
  });
}

export function trustsQuery(endpoint: string) {
  return queryOptions({
    queryKey: ["trusts", endpoint],
    queryFn: async ({ signal }) => {
      const params = { path: { name: endpoint } };
      return (await dataOf(api.GET("/api/endpoints/{name}/trusts", { params, signal }))).trusts;
    },
  });
}

/** How the clients of an endpoint did in the last 24 hours. */
export function clientsQuery(endpoint: string) {
  return queryOptions({
    queryKey: ["clients", endpoint],
    refetchInterval: 30_000,
    queryFn: async ({ signal }) => {
      const params = { path: { name: endpoint } };
      return (await dataOf(api.GET("/api/endpoints/{name}/clients", { params, signal }))).clients;
    },
  });
}

export async function invalidateAccess(endpoint: string): Promise<void> {
  const queries = [credentialsQuery(endpoint), trustsQuery(endpoint)];
  await Promise.all(queries.map(({ queryKey }) => queryClient.invalidateQueries({ queryKey })));
}

export function scopesOf(isReadOnly: boolean): ("read" | "write")[] {
  return isReadOnly ? ["read"] : ["read", "write"];
}
