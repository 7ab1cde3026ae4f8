import type { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from "fastify";
import { type Backup, Unavailable } from "../backup/backup.ts";
import { toScimError, unavailable } from "./errors.ts";
import { reportRefusal } from "./recording.ts";

/** `Prefer: durability=remote` (RFC 7240), alone or among other preferences, quoted or not. */
const PREFERS_REMOTE = /(?:^|,)\s*durability\s*=\s*(?:remote|"remote")\s*(?:[;,]|$)/i;

/** The format of error responses, which differs between SCIM, OAuth and the API. */
export type RefusalForm = (refusal: ScimError) => { readonly mediaType: string; readonly text: string };

/** Headers of the answer that an error replaces. */
const DESCRIBING_HEADERS = ["etag", "location", "content-length"];

/**
 * Holds every answer until the data that it may show is as durable as the mode requires. Reads, 404 and 409 wait too:
 * they may show a change that is not durable yet. With nothing to wait for, the answer is sent in the same tick.
 */
export function holdAnswers(server: FastifyInstance, backup: Backup, form: RefusalForm): void {
  server.addHook("onSend", (request, reply, payload, done) => {
    // A rejected request saw no data.
    if (request.served === null) {
      done(null, payload);
      return;
    }
    const { prefer } = request.headers;
    const isRemote = prefer !== undefined && PREFERS_REMOTE.test(String(prefer));
    const answer = () => {
      if (isRemote) reply.header("preference-applied", "durability=remote");
      done(null, payload);
    };
    const wait = backup.durable(isRemote);
    if (wait !== undefined && request.recording !== null) request.recording.heldMs = performance.now();
    if (wait === undefined) answer();
    else wait.then(answer, (error: unknown) => done(null, refusalInstead(error, request, reply, form)));
  });
}

/** Replaces the answer by an error. @returns its body */
function refusalInstead(error: unknown, request: FastifyRequest, reply: FastifyReply, form: RefusalForm): string {
  const refusal = error instanceof Unavailable ? notDurable(error, request) : toScimError(error, 0);
  if (!(error instanceof Unavailable)) request.log.error({ reqId: request.id, err: error }, "waiting failed");
  reportRefusal(request, refusal);
  for (const name of DESCRIBING_HEADERS) reply.removeHeader(name);
  const { mediaType, text } = form(refusal);
  reply.code(refusal.status).headers(refusal.headers).header("content-type", mediaType);
  return text;
}

function notDurable({ message, retryAfterMs }: Unavailable, { method }: FastifyRequest): ScimError {
  const consequence =
    method === "GET" || method === "HEAD"
      ? "The current data may or may not be kept. Send the request again later."
      : "The change may or may not be kept. Read the resource again before you repeat the request.";
  return unavailable({ code: "unavailable", cause: "backup" }, `${message} ${consequence}`, retryAfterMs);
}

/** Rejects a write before its body is read if it could not be made durable. */
export function writeHooks(backup: Backup | undefined): Pick<RouteShorthandOptions, "onRequest"> {
  if (backup === undefined) return {};
  return {
    onRequest: (_request, _reply, done) => {
      const refusal = backup.refusal();
      if (refusal === undefined) {
        done();
        return;
      }
      const { reason, retryAfterMs, diskFull } = refusal;
      const why = diskFull ? ({ code: "diskFull" } as const) : ({ code: "unavailable", cause: "backup" } as const);
      done(unavailable(why, `${reason} The request changed nothing.`, retryAfterMs));
    },
  };
}
