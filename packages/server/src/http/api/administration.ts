import type { FastifyRequest } from "fastify";
import type { Backup } from "../../backup/backup.ts";
import type { EndpointAdmin } from "../../endpoint/administration.ts";
import { admitAdministration } from "../auth/administrator.ts";
import { unavailable } from "../scim/errors.ts";
import type { Access, Served, Serving } from "../serving.ts";

/** Before the first restore has ended. */
const STARTING_RETRY_MS = 2_000;

export type ApiOptions = {
  readonly serving: Serving;
  /** undefined without a backup target. */
  readonly backup: Backup | undefined;
  readonly publicUrl: string | undefined;
};

/** Who may come in, whether or not a database is open. @throws ScimError 503 before that is known */
export function accessOf({ access }: Serving): Access {
  if (access === undefined) throw unavailable(503, "This server is starting.", STARTING_RETRY_MS);
  return access;
}

/**
 * Checks that a request is an administrator's, whether or not a database is open. May be asked again while an answer
 * goes on, which is to end with the session.
 * @throws ScimError 401, 403; 503 before it is known who is one
 */
export async function checkAdministrator(request: FastifyRequest, serving: Serving): Promise<void> {
  await admitAdministration(accessOf(serving), request);
}

/**
 * Lets an administrator's request in to the database, which is opened for it where it is not.
 * @throws ScimError 401, 403; Unavailable
 */
export async function admitAdministrator(request: FastifyRequest, serving: Serving): Promise<void> {
  const check = (access: Access): Promise<void> => admitAdministration(access, request);
  const served = serving.current ?? (await serving.admit(check));
  await check(served);
  request.served = served;
}

/** The database that the request was let in to. */
export function servedTo({ served }: FastifyRequest): Served {
  if (served === null) throw new Error("the request was not let in");
  return served;
}

/** What the administration of endpoints works with. */
export function endpointAdminOf(request: FastifyRequest): EndpointAdmin {
  const { directory, endpoints } = servedTo(request);
  return { store: directory.store, endpoints, now: directory.now };
}
