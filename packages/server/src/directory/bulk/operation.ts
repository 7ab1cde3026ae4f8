import { type BulkOperation, readPatch, substituteBulkIds, targetId } from "@scimtool/scim";
import { NO_ROWS } from "../directory.ts";
import { newResourceId } from "../resource-id.ts";
import { createIn, modifyIn, readGiven, removeIn, replaceIn } from "../writes.ts";
import { beginOperation, type Context } from "./context.ts";
import type { Done } from "./outcome.ts";

/**
 * Carries out one operation as the request that it stands for (RFC 7644 §3.7).
 * @throws ScimError what that would be answered
 */
export async function carryOut(operation: BulkOperation, context: Context): Promise<Done> {
  const subject = beginOperation(operation, context);
  const { directory, transaction, idOf } = context;
  const write = { directory, transaction, subject, wanted: NO_ROWS };
  const data = substituteBulkIds(operation.data ?? null, idOf);
  if (operation.method === "POST") {
    const given = readGiven(data, subject);
    const written = await createIn(write, newResourceId(directory.now()), given);
    return { kind: "done", status: 201, id: written.stored.id, subject, written, sent: given.resource };
  }
  const id = targetId(operation.path, idOf) ?? "";
  const { version: ifMatch } = operation;
  const preconditions = ifMatch === undefined ? undefined : { ifMatch, ifNoneMatch: undefined };
  if (operation.method === "DELETE") {
    const written = await removeIn(write, id, preconditions);
    return { kind: "done", status: 204, id, subject, written, sent: undefined };
  }
  if (operation.method === "PUT") {
    const given = readGiven(data, subject);
    const written = await replaceIn(write, id, given, preconditions);
    return { kind: "done", status: 200, id, subject, written, sent: given.resource };
  }
  const operations = readPatch(data, subject.model, subject.reading);
  const written = await modifyIn(write, id, operations, preconditions);
  return { kind: "done", status: 200, id, subject, written, sent: operations };
}
