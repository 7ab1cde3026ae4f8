import { type BulkOperation, type Json, ScimError, substituteBulkIds } from "@scimtool/scim";
import { forEachYielding } from "../../event-loop.ts";
import type { FoundResource } from "../../store/store.ts";
import { findDeactivated } from "../deactivated.ts";
import { NO_ROWS, type Sent, type Subject, type Written } from "../directory.ts";
import { valueTaken, valueTakenIn } from "../refusals.ts";
import { newResourceId } from "../resource-id.ts";
import { insertIn, reactivateIn, readGiven } from "../writes.ts";
import { beginOperation, type Context } from "./context.ts";
import type { Done } from "./outcome.ts";

/** A circle is one transaction, and who writes waits for it: this many take some tenths of a second. */
const MAX_CIRCLE_OPERATIONS = 1_000;

/** A resource of the circle on its way. */
type Part = {
  readonly operation: BulkOperation;
  readonly subject: Subject;
  readonly deactivated: FoundResource | undefined;
  readonly id: string;
};

/**
 * Creates resources that refer to each other (RFC 7644 §3.7.1): gives them ids, inserts all, and only then has each
 * find what it refers to.
 * @throws ScimError what the operation begun last would be answered; 409 for a circle that is too large, which a server
 *   need not resolve
 */
export async function carryOutCircle(operations: readonly BulkOperation[], context: Context): Promise<Done[]> {
  if (operations.length > MAX_CIRCLE_OPERATIONS) throw tooLarge(operations.length);
  const { directory, transaction, begin } = context;
  const ids = new Map(operations.map(({ bulkId = "" }) => [bulkId, newResourceId(directory.now())]));
  const idOf = (bulkId: string): string | undefined => ids.get(bulkId) ?? context.idOf(bulkId);
  const dataOf = ({ data = null }: BulkOperation) => substituteBulkIds(data, idOf);

  const parts: Part[] = [];
  const taken = new Set<string>();
  for (const operation of operations) {
    const { bulkId = "" } = operation;
    const subject = beginOperation(operation, context);
    const deactivated = await findHolder(subject, dataOf(operation), context);
    const isFirst = deactivated !== undefined && !taken.has(deactivated.id);
    if (isFirst) {
      taken.add(deactivated.id);
      ids.set(bulkId, deactivated.id);
    }
    parts.push({ operation, subject, deactivated: isFirst ? deactivated : undefined, id: ids.get(bulkId) ?? "" });
  }

  const seconds: { readonly finish: () => Promise<Written>; readonly sent: Sent }[] = [];
  await forEachYielding(parts, async ({ operation, subject, deactivated, id }) => {
    begin(operation);
    const given = readGiven(dataOf(operation), subject);
    const write = { directory, transaction, subject, wanted: NO_ROWS };
    const finish =
      deactivated === undefined
        ? await withinCircle(parts, subject, () => insertIn(write, id, given))
        : () => reactivateIn(write, deactivated, given);
    seconds.push({ finish, sent: given.resource });
  });

  const done: Done[] = [];
  await forEachYielding(seconds.entries(), async ([at, { finish, sent }]) => {
    const { operation, subject, id } = parts[at] as Part;
    begin(operation);
    done.push({ kind: "done", status: 201, id, subject, written: await withinCircle(parts, subject, finish), sent });
  });
  return done;
}

/** The deactivated user that is taken up again instead of creating one; it has its id already. */
async function findHolder(
  subject: Subject,
  data: Json,
  { directory, transaction }: Context,
): Promise<FoundResource | undefined> {
  if (subject.endpoint.settings.recreate !== "reactivate") return undefined;
  // Read with other ids than in the end: its notes do not count.
  const { resource } = readGiven(data, { ...subject, reading: { ...subject.reading, notes: [] } });
  return findDeactivated(directory.store, transaction, subject, resource, false);
}

/**
 * Does a part of the circle. Where it would have a value of another resource of the circle, that is named by its bulkId:
 * its id goes with the whole circle.
 */
async function withinCircle<T>(parts: readonly Part[], { model }: Subject, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const taken = valueTakenIn(error);
    if (taken === undefined) throw error;
    const { holder } = taken;
    const other = parts.find(({ id, deactivated }) => deactivated === undefined && id === holder?.id);
    if (other === undefined) throw error;
    const by = `${JSON.stringify(`bulkId:${other.operation.bulkId}`)}, which this request creates together with it`;
    throw valueTaken(model, { ...taken, holder: undefined }, by);
  }
}

function tooLarge(count: number): ScimError {
  return new ScimError(
    409,
    `${count} operations refer to each other in a circle; up to ${MAX_CIRCLE_OPERATIONS} are resolved (RFC 7644 §3.7.1). ` +
      "Create the resources first, and add what refers to others by a PATCH of each.",
    { reason: { code: "circleTooLarge", operations: count, max: MAX_CIRCLE_OPERATIONS } },
  );
}
