import { infiniteQueryOptions, keepPreviousData, QueryClient, queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "./client.ts";
import { whenRecovered } from "./outage.ts";
import { Problem } from "./problem.ts";
import type { Endpoint, Exchange, ScimResource, Session } from "./types.ts";

/** How often numbers are brought up to date while somebody looks. */
const REFRESH_MS = 30_000;

/** Attempts for errors that may be short. */
const RETRIES = 1;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The page is open for days, and its data changes on the server.
      staleTime: 0,
      refetchOnWindowFocus: true,
      retry: (count, error) => !(error instanceof Problem) && count < RETRIES,
    },
    mutations: { retry: false },
  },
});

whenRecovered(() => void queryClient.invalidateQueries());

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await dataOf(api.GET("/api/session", { signal }));
    } catch (error) {
      if (error instanceof Problem && (error.status === 401 || error.status === 403)) return null;
      throw error;
    }
  },
});

export const endpointsQuery = queryOptions({
  queryKey: ["endpoints"],
  refetchInterval: REFRESH_MS,
  queryFn: async ({ signal }): Promise<readonly Endpoint[]> =>
    (await dataOf(api.GET("/api/endpoints", { signal }))).endpoints,
});

export const versionQuery = queryOptions({
  queryKey: ["version"],
  refetchInterval: REFRESH_MS,
  queryFn: ({ signal }) => dataOf(api.GET("/api/version", { signal })),
});

export const backupQuery = queryOptions({
  queryKey: ["backup"],
  refetchInterval: REFRESH_MS / 3,
  queryFn: ({ signal }) => dataOf(api.GET("/api/backup/status", { signal })),
});

/** Connection tests since midnight in the reader's time zone. */
export function testsQuery(endpoint: string | undefined) {
  return queryOptions({
    queryKey: ["tests", endpoint ?? ""],
    refetchInterval: REFRESH_MS,
    queryFn: async ({ signal }) => {
      const midnight = new Date();
      midnight.setHours(0, 0, 0, 0);
      const query = { from: midnight.toISOString(), ...(endpoint !== undefined && { endpoint }) };
      return (await dataOf(api.GET("/api/activity/tests", { params: { query }, signal }))).tests;
    },
  });
}

export function exchangeQuery(id: number) {
  return queryOptions({
    queryKey: ["exchange", id],
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      (await dataOf(api.GET("/api/exchanges/{id}", { params: { path: { id } }, signal }))) as Exchange,
  });
}

/** Versions that are searched for the one that an exchange made. */
const MAX_VERSIONS = 200;

export function versionsQuery(endpoint: string, id: string) {
  return queryOptions({
    queryKey: ["versions", endpoint, id],
    queryFn: async ({ signal }) => {
      const params = { path: { name: endpoint, id }, query: { limit: MAX_VERSIONS } };
      return (await dataOf(api.GET("/api/endpoints/{name}/history/{id}", { params, signal }))).entries;
    },
  });
}

const TIMELINE_PAGE = 50;

export function timelineQuery(endpoint: string, id: string) {
  return infiniteQueryOptions({
    queryKey: ["timeline", endpoint, id],
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page: { next: number | null }) => page.next ?? undefined,
    queryFn: ({ signal, pageParam }) => {
      const query = { limit: TIMELINE_PAGE, ...(pageParam !== undefined && { before: pageParam }) };
      const params = { path: { name: endpoint, id }, query };
      return dataOf(api.GET("/api/endpoints/{name}/timeline/{id}", { params, signal }));
    },
  });
}

/** A resource without its members; null if it does not exist. */
export function resourceQuery(endpoint: string, type: string, id: string) {
  return queryOptions({
    queryKey: ["resource", endpoint, type, id],
    queryFn: async ({ signal }): Promise<ScimResource | null> => {
      try {
        // A group may have a hundred thousand members, which are read a page at a time.
        const params = { path: { endpoint, type, id }, query: { excludedAttributes: "members" } };
        const answer = await dataOf(api.GET("/api/endpoints/{endpoint}/scim/v2/{type}/{id}", { params, signal }));
        return answer as ScimResource;
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
  });
}

export function stateQuery(endpoint: string, id: string, revision: number) {
  return queryOptions({
    queryKey: ["state", endpoint, id, revision],
    queryFn: ({ signal }) => {
      const params = { path: { name: endpoint, id }, query: { revision } };
      return dataOf(api.GET("/api/endpoints/{name}/history/{id}/state", { params, signal }));
    },
  });
}

const DELETED_PAGE = 100;

export function deletedQuery(endpoint: string, type: string) {
  return infiniteQueryOptions({
    queryKey: ["deleted", endpoint, type],
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page: { next: number | null }) => page.next ?? undefined,
    queryFn: ({ signal, pageParam }) => {
      const query = { type, limit: DELETED_PAGE, ...(pageParam !== undefined && { before: pageParam }) };
      return dataOf(api.GET("/api/endpoints/{name}/deleted", { params: { path: { name: endpoint }, query }, signal }));
    },
  });
}
