import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { api, dataOf } from "../api/client.ts";
import type { Reference } from "../api/types.ts";

const PAGE_SIZE = 100;

export type MemberQuery = {
  readonly endpoint: string;
  readonly id: string;
  /** Of the group: its members are read again when it changes. */
  readonly version: string;
  readonly text: string;
};

type Page = { readonly total: number; readonly members: readonly Reference[] };

/** The number of members that match. */
export function useMemberTotal(query: MemberQuery) {
  return useQuery({ ...pageQuery(query, 0), select: ({ total }: Page) => total });
}

/** The members in view: pages are loaded when somebody scrolls to them. */
export function useMemberPages(query: MemberQuery, first: number, last: number) {
  const from = Math.floor(first / PAGE_SIZE);
  const to = Math.floor(Math.max(first, last) / PAGE_SIZE);
  return useQueries({
    queries: Array.from({ length: to - from + 1 }, (_, index) => pageQuery(query, from + index)),
    combine: (results) => (index: number) =>
      results[Math.floor(index / PAGE_SIZE) - from]?.data?.members[index % PAGE_SIZE],
  });
}

function pageQuery({ endpoint, id, version, text }: MemberQuery, page: number) {
  return {
    queryKey: ["members", endpoint, id, text, page, version],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }: { readonly signal: AbortSignal }): Promise<Page> => {
      const query = { offset: page * PAGE_SIZE, limit: PAGE_SIZE, ...(text !== "" && { q: text }) };
      const params = { path: { name: endpoint, id }, query };
      return dataOf(api.GET("/api/endpoints/{name}/members/{id}", { params, signal }));
    },
  };
}
