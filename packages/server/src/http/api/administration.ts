import type { FastifyRequest } from "fastify";
import type { Backup } from "../../backup/backup.ts";
import type { EndpointOffice } from "../../endpoint/administration.ts";
import { authenticateAdministration } from "../auth/bearer.ts";
import type { Access, Served, Serving } from "../serving.ts";

export type ApiOptions = {
  readonly serving: Serving;
  /** undefined without a backup target. */
  readonly backup: Backup | undefined;
  readonly publicUrl: string | undefined;
};

/**
 * Lets an administrator's request in to the database, which is opened for it where it is not.
 * @throws ScimError 401, 403; Unavailable
 */
export async function admitAdministrator(request: FastifyRequest, serving: Serving): Promise<void> {
  const check = ({ authenticate }: Access): void => {
    authenticateAdministration(request.headers.authorization, authenticate);
  };
  const served = serving.current ?? (await serving.admit(check));
  check(served);
  request.served = served;
}

/** The database that the request was let in to. */
export function servedTo({ served }: FastifyRequest): Served {
  if (served === null) throw new Error("the request was not let in");
  return served;
}

/** What the administration of endpoints works with. */
export function officeOf(request: FastifyRequest): EndpointOffice {
  const { directory, endpoints } = servedTo(request);
  return { store: directory.store, endpoints, now: directory.now };
}
