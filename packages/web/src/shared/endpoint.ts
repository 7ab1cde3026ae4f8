import { useQuery } from "@tanstack/react-query";
import { useRouterState } from "@tanstack/react-router";
import { endpointsQuery } from "../api/queries.ts";
import type { Endpoint } from "../api/types.ts";

const DEFAULT = "default";

let lastChosen: string | undefined;

/** The endpoint in the address; otherwise the last chosen one, or the first. */
export function useEndpointName(): string {
  const { data: endpoints = [] } = useQuery(endpointsQuery);
  const chosen = useChosenEndpoint();
  if (chosen !== undefined) lastChosen = chosen;
  const names = endpoints.map(({ name }) => name);
  if (chosen !== undefined) return chosen;
  if (lastChosen !== undefined && names.includes(lastChosen)) return lastChosen;
  return names.includes(DEFAULT) ? DEFAULT : (names[0] ?? DEFAULT);
}

/** The resource types that administrators defined, with their paths: `Devices`. */
export function customTypesOf(
  endpoint: Endpoint | undefined,
): readonly { readonly name: string; readonly path: string }[] {
  const types = endpoint?.inForce.resourceTypes ?? [];
  // One named User or Group extends that type.
  const own = types.filter(({ name }) => name !== "User" && name !== "Group");
  return own.map(({ name, endpoint: path }) => ({ name: String(name), path: String(path).slice(1) }));
}

/** The endpoint in the address; undefined for all. */
export function useChosenEndpoint(): string | undefined {
  return useRouterState({
    select: ({ location, matches }) => {
      const params = matches.at(-1)?.params as { readonly endpoint?: string } | undefined;
      const search = location.search as { readonly endpoint?: string };
      return params?.endpoint ?? search.endpoint;
    },
  });
}
