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

export async function invalidateCredentials(endpoint: string): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: credentialsQuery(endpoint).queryKey });
}
