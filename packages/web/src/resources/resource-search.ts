import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, dataOf } from "../api/client.ts";
import type { Reference, ScimResource } from "../api/types.ts";
import type { Suggestion } from "../shared/suggest-input.tsx";
import { definitionsQuery } from "./definition.ts";
import { nameOfResource } from "./resource-name.ts";
import { scimFilter, viewOf } from "./resource-types.ts";

/** Matches shown of each type. */
const SHOWN = 10;

/** Typing is followed after a pause. */
const PAUSE_MS = 200;

/** A resource that was found, and what distinguishes it from others with its name. */
export type FoundResource = Reference & { readonly note: string | undefined };

/** Resources of some types whose names, IDs or external IDs contain a text. */
export function useResourceSearch(endpoint: string, types: readonly string[], text: string): readonly FoundResource[] {
  const [wanted, setWanted] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setWanted(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { data: definitions } = useQuery(definitionsQuery(endpoint));
  const searched = definitions?.filter(({ name }) => types.includes(name)) ?? [];
  const { data = [] } = useQuery({
    ...queryOptions({
      queryKey: ["resource-search", endpoint, types, wanted],
      placeholderData: keepPreviousData,
      queryFn: async ({ signal }) => {
        const found = await Promise.all(
          searched.map(async (definition): Promise<readonly FoundResource[]> => {
            const view = viewOf(definition.path, definition);
            const filter = scimFilter(view, wanted.trim());
            const params = {
              path: { endpoint, type: definition.path },
              query: {
                count: SHOWN,
                attributes: `${view.nameAttribute},displayName,userName,name,externalId`,
                ...(filter !== undefined && { filter }),
              },
            };
            const page = await dataOf(api.GET("/api/endpoints/{endpoint}/scim/v2/{type}", { params, signal }));
            const resources = (page.Resources ?? []) as unknown as readonly ScimResource[];
            return resources.map((resource) => foundResource(definition.name, resource, view.nameAttribute));
          }),
        );
        return found.flat();
      },
    }),
    enabled: searched.length > 0,
  });
  return data;
}

function foundResource(type: string, resource: ScimResource, nameAttribute: string): FoundResource {
  const label = nameOfResource(resource, nameAttribute);
  const { userName, externalId } = resource;
  const note = [userName, externalId].find((text) => typeof text === "string" && text !== label);
  return { type, id: resource.id, label, note: note as string | undefined };
}

/** @param isSeveral whether the types have to be told apart */
export function suggestionOf({ type, id, label, note }: FoundResource, isSeveral: boolean): Suggestion {
  return { key: id, text: label, note: [isSeveral ? type : "", note ?? ""].filter(Boolean).join(" · ") || undefined };
}
