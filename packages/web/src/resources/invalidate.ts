import { queryClient } from "../api/queries.ts";

const KEYS = ["resource", "resources", "resource-search", "timeline", "versions", "deleted", "endpoints", "state"];

/** After a write, everything that shows resources is loaded again. */
export async function invalidateResources(): Promise<void> {
  await queryClient.invalidateQueries({ predicate: ({ queryKey }) => KEYS.includes(String(queryKey[0])) });
}
