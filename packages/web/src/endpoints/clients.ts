import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "../api/client.ts";

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
