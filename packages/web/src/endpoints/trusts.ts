import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "../api/client.ts";
import { queryClient } from "../api/queries.ts";

export function trustsQuery(endpoint: string) {
  return queryOptions({
    queryKey: ["trusts", endpoint],
    queryFn: async ({ signal }) => {
      const params = { path: { name: endpoint } };
      return (await dataOf(api.GET("/api/endpoints/{name}/trusts", { params, signal }))).trusts;
    },
  });
}

export async function invalidateTrusts(endpoint: string): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: trustsQuery(endpoint).queryKey });
}
