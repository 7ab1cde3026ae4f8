import type { FastifyInstance } from "fastify";
import type { RouteSchema } from "../route-schema.ts";

/** A route of administration. */
export type ListedRoute = {
  readonly method: string;
  /** As Fastify has it, parameters as `:name`. */
  readonly url: string;
  /** undefined: it says nothing of itself. */
  readonly schema: RouteSchema | undefined;
};

declare module "fastify" {
  interface FastifyInstance {
    /** Every route of administration. */
    administrationRoutes: readonly ListedRoute[];
  }
}

/** Keeps in mind which routes of administration there are. To be called before the first of them is registered. */
export function listRoutes(server: FastifyInstance): void {
  const routes: ListedRoute[] = [];
  server.decorate("administrationRoutes", routes);
  server.addHook("onRoute", ({ method, url, schema }) => {
    if (!url.startsWith("/api/")) return;
    for (const each of [method].flat()) {
      // HEAD comes with GET.
      if (each !== "HEAD") routes.push({ method: each, url, schema: schema as RouteSchema | undefined });
    }
  });
}
