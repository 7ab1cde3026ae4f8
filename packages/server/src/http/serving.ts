import type { FastifyRequest } from "fastify";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Decision } from "../auth/decision.ts";
import type { Directory } from "../directory/context.ts";
import type { EndpointAdmin } from "../endpoint/administration.ts";
import type { Endpoints } from "../endpoint/endpoints.ts";
import type { RequestRates } from "../endpoint/request-rates.ts";
import type { ServedEndpoint } from "../endpoint/served-endpoint.ts";
import type { Recorder } from "../monitor/recorder/recorder.ts";

/** What authentication needs: endpoints and credentials. */
export type Access = { readonly endpoints: Endpoints; readonly authenticator: Authenticator };

export type Served = Access & {
  readonly directory: Directory;
  readonly recorder: Recorder;
  readonly requestRates: RequestRates;
  /** Writes pending data before the database is closed. */
  readonly close: () => Promise<void>;
  /** Another instance owns the database now: write nothing more. */
  readonly abandon: () => void;
};

/** The answer to `/readyz`. A container platform may send requests in the states that begin with "ready". */
export type Readiness = "ready" | "ready (standby)" | "starting" | "fenced" | "no database" | "shutting down";

/** What this server serves now. With a backup target, another instance may own the database, so this changes. */
export type Serving = {
  /** undefined while no database is open here. Read for each request, so it is a plain property. */
  readonly current: Served | undefined;
  /** Last known endpoints and credentials, even while no database is open; undefined before any are known. */
  readonly access: Access | undefined;
  /**
   * Opens the database for a request that arrives while none is open.
   * @param check throws if the last known credentials do not allow the request: only authenticated clients may cause
   *   the database to be opened
   * @throws what `check` throws; Unavailable
   */
  readonly admit: (check: (access: Access) => Promise<void>) => Promise<Served>;
  readonly readiness: () => Readiness;
};

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether the endpoint's settings may open the route to requests without a token. */
    isDiscovery?: true;
    /** A read that is only for administrators. */
    isForAdministrators?: true;
  }
  interface FastifyRequest {
    /** The database, and in SCIM requests the endpoint, once the request is authenticated; null before. */
    served: Served | null;
    endpoint: ServedEndpoint | null;
    /** The outcome of authentication; null before. */
    decision: Decision | null;
  }
}

export function servedTo({ served }: FastifyRequest): Served {
  if (served === null) throw new Error("the request is not authenticated");
  return served;
}

export function servedEndpoint({ endpoint }: FastifyRequest): ServedEndpoint {
  if (endpoint === null) throw new Error("the request is not authenticated");
  return endpoint;
}

/** What the administration of endpoints works with, for an authenticated request. */
export function endpointAdminOf(request: FastifyRequest): EndpointAdmin {
  const { directory, endpoints } = servedTo(request);
  return { store: directory.store, endpoints, now: directory.now };
}
