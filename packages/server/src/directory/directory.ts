import { type AttributeNode, type Json, readPatch, writtenByPatch } from "@scimtool/scim";
import { checkRevision } from "../endpoint/endpoints.ts";
import type { FoundResource, Include } from "../store/store.ts";
import { type Directory, NO_ROWS, type Sent, type Subject, timed, type WriteContext, type Written } from "./context.ts";
import { resourceNotFound } from "./refusals.ts";
import { newResourceId } from "./resource.ts";
import type { Preconditions } from "./save.ts";
import { createIn, modifyIn, parseResource, removeIn, replaceIn } from "./writes.ts";

export type WriteResult = {
  readonly written: Written;
  /** Attributes with returned=request that the request specifies (RFC 7643 §7). */
  readonly specified: ReadonlySet<AttributeNode>;
  readonly sent: Sent;
};

export type ResourceWrite = {
  readonly id: string;
  readonly body: Json;
  readonly preconditions: Preconditions | undefined;
  readonly include?: Include;
};

/**
 * Creates a resource (RFC 7644 §3.3), or reactivates a deactivated user with the same userName if the endpoint's
 * `recreate` setting says so.
 * @throws ScimError 400, 409 uniqueness
 */
export async function createResource(
  directory: Directory,
  subject: Subject,
  body: Json,
  include: Include = NO_ROWS,
): Promise<WriteResult> {
  const parsed = parseResource(body, subject);
  const id = newResourceId(directory.now());
  const written = await write(directory, subject, include, (context) => createIn(context, id, parsed));
  return { written, specified: parsed.specified, sent: parsed.resource };
}

/**
 * Reads one resource (RFC 7644 §3.4.1).
 * @throws ScimError 404
 */
export async function getResource(
  { store }: Directory,
  { endpoint, model, timing }: Subject,
  id: string,
  include: Include,
): Promise<FoundResource> {
  const stored = await timed(timing, () => store.resources.get(store.committed, endpoint.key, model, id, include));
  if (stored === undefined) throw resourceNotFound(model, id);
  return stored;
}

/**
 * Replaces a resource (RFC 7644 §3.5.1): attributes missing from the body are cleared.
 * @throws ScimError 400, 404, 409 uniqueness, 412
 */
export async function replaceResource(
  directory: Directory,
  subject: Subject,
  { id, body, preconditions, include = NO_ROWS }: ResourceWrite,
): Promise<WriteResult> {
  const parsed = parseResource(body, subject);
  const written = await write(directory, subject, include, (context) => replaceIn(context, id, parsed, preconditions));
  return { written, specified: parsed.specified, sent: parsed.resource };
}

/**
 * Applies a PatchOp (RFC 7644 §3.5.2), completely or not at all.
 * @throws ScimError 400, 404, 409 uniqueness, 412
 */
export async function modifyResource(
  directory: Directory,
  subject: Subject,
  { id, body, preconditions, include = NO_ROWS }: ResourceWrite,
): Promise<WriteResult> {
  const operations = readPatch(body, subject.model, subject.reading);
  const written = await write(directory, subject, include, (context) =>
    modifyIn(context, id, operations, preconditions),
  );
  return { written, specified: writtenByPatch(operations), sent: operations };
}

/**
 * Deletes a resource (RFC 7644 §3.6), and removes it from every group and from resources that refer to it.
 * @throws ScimError 404, 412
 */
export async function removeResource(
  directory: Directory,
  subject: Subject,
  id: string,
  preconditions: Preconditions | undefined,
): Promise<Written> {
  return write(directory, subject, NO_ROWS, (context) => removeIn(context, id, preconditions));
}

/** Runs one request's write in its own transaction. @throws EndpointChanged */
async function write<T>(
  { store, now }: Directory,
  subject: Subject,
  include: Include,
  work: (context: WriteContext) => Promise<T>,
): Promise<T> {
  const { endpoint, reading, timing } = subject;
  const notesBefore = reading.notes.length;
  const queuedMs = performance.now();
  let begunMs = queuedMs;
  try {
    return await store.transaction(async (transaction) => {
      // A transaction may run again, and must not add its notes twice.
      reading.notes.length = notesBefore;
      if (begunMs === queuedMs) begunMs = performance.now();
      await checkRevision(store, transaction, endpoint);
      return work({ store, transaction, subject, nowMs: now(), include });
    });
  } finally {
    timing.queueMs += begunMs - queuedMs;
    timing.databaseMs += performance.now() - begunMs;
  }
}
