import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "../api/client.ts";
import { queryClient } from "../api/queries.ts";

/** From now on, as the API takes them. */
export const LIFETIMES: readonly (readonly [value: string, label: string])[] = [
  ["", "Never"],
  ["30d", "In 30 days"],
  ["90d", "In 90 days"],
  ["180d", "In 180 days"],
  ["365d", "In a year"],
];

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
