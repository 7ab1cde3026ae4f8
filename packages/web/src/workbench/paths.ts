import { useQuery } from "@tanstack/react-query";
import { api, dataOf } from "../api/client.ts";
import type { ScimResource } from "../api/types.ts";
import type { Suggestion } from "../shared/suggest-input.tsx";

const PATHS = ["/Users", "/Groups", "/Bulk", "/.search", "/Users/.search", "/Groups/.search"].concat([
  "/ServiceProviderConfig",
  "/ResourceTypes",
  "/Schemas",
  "/Me",
]);
const MAX_FOUND = 8;

/** Paths that begin as typed; below a type, its resources by the beginning of their names. */
export function usePaths(endpoint: string, typed: string): readonly Suggestion[] {
  const [, type = "", name = ""] = /^\/(Users|Groups)\/([^/?]*)$/.exec(typed) ?? [];
  const { data: found = [] } = useQuery({
    queryKey: ["paths", endpoint, type, name],
    enabled: type !== "",
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      const attribute = type === "Users" ? "userName" : "displayName";
      const filter = name === "" ? {} : { filter: `${attribute} sw ${JSON.stringify(name)}` };
      const params = { path: { endpoint, type }, query: { ...filter, count: MAX_FOUND, attributes: attribute } };
      const list = await dataOf(api.GET("/api/endpoints/{endpoint}/scim/v2/{type}", { params, signal }));
      return (list.Resources ?? []) as readonly ScimResource[];
    },
  });
  const fixed = PATHS.filter((path) => path.toLowerCase().startsWith(typed.toLowerCase()) && path !== typed);
  return [
    ...fixed.map((path) => ({ key: path, text: path })),
    ...found.map(({ id, userName, displayName }) => ({
      key: `/${type}/${id}`,
      text: String(userName ?? displayName ?? ""),
      note: id,
    })),
  ];
}
