import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { api, dataOf } from "../api/client.ts";
import type { ScimResource } from "../api/types.ts";
import { type Column, listAttributes } from "./resource-types.ts";

const PAGE_SIZE = 100;

/** Lists follow what identity providers change. */
const REFRESH_MS = 10_000;

export type ResourceQuery = {
  readonly endpoint: string;
  /** Path of the type. */
  readonly type: string;
  readonly columns: readonly Column[];
  readonly filter: string | undefined;
  readonly sortBy: string;
  readonly isDescending: boolean;
};

type Page = { readonly total: number; readonly resources: readonly ScimResource[] };

/** The number of resources, and why it cannot be had. */
export function useResourceTotal(query: ResourceQuery) {
  return useQuery({ ...pageQuery(query, 0), placeholderData: keepPreviousData, select: ({ total }: Page) => total });
}

/** The resources in view: pages are loaded when somebody scrolls to them. */
export function useResourcePages(query: ResourceQuery, first: number, last: number) {
  const from = Math.floor(first / PAGE_SIZE);
  const to = Math.floor(Math.max(first, last) / PAGE_SIZE);
  const pages = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return useQueries({
    queries: pages.map((page) => pageQuery(query, page)),
    combine: (results) => (index: number) => {
      const page = results[Math.floor(index / PAGE_SIZE) - from];
      return page?.data?.resources[index % PAGE_SIZE];
    },
  });
}

function pageQuery(query: ResourceQuery, page: number) {
  const { endpoint, type, columns, filter, sortBy, isDescending } = query;
  const attributes = listAttributes(columns);
  return {
    queryKey: ["resources", endpoint, type, filter ?? "", sortBy, isDescending, attributes, page],
    refetchInterval: REFRESH_MS,
    queryFn: async ({ signal }: { readonly signal: AbortSignal }): Promise<Page> => {
      const params = {
        path: { endpoint, type },
        query: {
          startIndex: page * PAGE_SIZE + 1,
          count: PAGE_SIZE,
          sortBy,
          sortOrder: isDescending ? ("descending" as const) : ("ascending" as const),
          attributes,
          ...(filter !== undefined && { filter }),
        },
      };
      const answer = await dataOf(api.GET("/api/endpoints/{endpoint}/scim/v2/{type}", { params, signal }));
      return { total: answer.totalResults, resources: (answer.Resources ?? []) as unknown as readonly ScimResource[] };
    },
  };
}
