import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { ActivityView } from "../activity/activity-view.tsx";
import { readFilter } from "../activity/filter.ts";
import { NotFound } from "./not-found.tsx";
import { Shell } from "./shell.tsx";

// The place stands behind `#` in the address: links keep working behind any proxy, and the server's own paths are free.

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const activity = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: readFilter,
  component: ActivityView,
});

const exchange = createRoute({
  getParentRoute: () => root,
  path: "/exchanges/$id",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/", search: { exchange: params.id }, replace: true });
  },
});

const connect = createRoute({
  getParentRoute: () => root,
  path: "/endpoints/$endpoint/connect",
  component: lazyRouteComponent(() => import("../connect/connect-view.tsx"), "ConnectView"),
});

const resources = createRoute({
  getParentRoute: () => root,
  path: "/endpoints/$endpoint/$type",
  validateSearch: (search: Record<string, unknown>) => texts(search, ["q", "sort", "active", "filter", "deleted"]),
  component: lazyRouteComponent(() => import("../resources/resources-view.tsx"), "ResourcesView"),
});

const resource = createRoute({
  getParentRoute: () => root,
  path: "/endpoints/$endpoint/$type/$id",
  validateSearch: (search: Record<string, unknown>) => texts(search, ["tab"]),
  component: lazyRouteComponent(() => import("../resources/resource-view.tsx"), "ResourceView"),
});

const endpoints = createRoute({
  getParentRoute: () => root,
  path: "/endpoints",
  component: lazyRouteComponent(() => import("../endpoints/endpoints-view.tsx"), "EndpointsView"),
});

const endpoint = createRoute({
  getParentRoute: () => root,
  path: "/endpoints/$endpoint",
  validateSearch: (search: Record<string, unknown>) => texts(search, ["tab"]),
  component: lazyRouteComponent(() => import("../endpoints/endpoint-view.tsx"), "EndpointView"),
});

/** Not below `/endpoints`, where names of endpoints stand. */
const comparison = createRoute({
  getParentRoute: () => root,
  path: "/endpoints-comparison",
  validateSearch: (search: Record<string, unknown>) => texts(search, ["left", "right"]),
  component: lazyRouteComponent(() => import("../endpoints/compare-view.tsx"), "CompareView"),
});

const workbench = createRoute({
  getParentRoute: () => root,
  path: "/workbench",
  validateSearch: (search: Record<string, unknown>) => texts(search, ["exchange"]),
  component: lazyRouteComponent(() => import("../workbench/workbench-view.tsx"), "WorkbenchView"),
});

const storage = createRoute({
  getParentRoute: () => root,
  path: "/storage",
  component: lazyRouteComponent(() => import("../storage/storage-view.tsx"), "StorageView"),
});

const server = createRoute({
  getParentRoute: () => root,
  path: "/server",
  component: lazyRouteComponent(() => import("../server/server-view.tsx"), "ServerView"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    activity,
    exchange,
    connect,
    resources,
    resource,
    endpoints,
    endpoint,
    comparison,
    workbench,
    storage,
    server,
  ]),
  history: createHashHistory(),
  defaultPreload: "intent",
  scrollRestoration: false,
  // Every value is a text, as somebody would type it.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const texts = Object.entries(search).filter(([, value]) => typeof value === "string" && value !== "");
    const query = new URLSearchParams(texts as [string, string][]).toString();
    return query === "" ? "" : `?${query}`;
  },
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

/** The named parameters that are texts. */
function texts<const Name extends string>(
  search: Record<string, unknown>,
  names: readonly Name[],
): { [name in Name]?: string } {
  const found = names.flatMap((name) => (typeof search[name] === "string" ? [[name, search[name]]] : []));
  return Object.fromEntries(found) as { [name in Name]?: string };
}
