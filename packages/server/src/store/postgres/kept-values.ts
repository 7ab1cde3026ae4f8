import { type AttributeNode, type JsonObject, type ResourceModel, uniqueAttributes } from "@scimtool/scim";
import { comparable, isSame, keptOf, valuesAt, valuesOf } from "../sql/columns.ts";
import { type Key, UniquenessConflict } from "../store.ts";
import { type Connection, Overtaken, type Parameter } from "./connection.ts";
import { keptValue } from "./dialect.ts";

// The rows of `unique_value` and `indexed_value`. Unlike in SQLite, userName is in the first, too: an insert with ON
// CONFLICT waits for another transaction with the same value, and does not end this one.

/** Transactions at the same time count resources in different rows of the population. */
export const POPULATION_SLOT = "pg_backend_pid() % 64";

const uniqueOf = new WeakMap<ResourceModel, readonly AttributeNode[]>();

/** All unique attributes of a type. */
export function uniquesOf(model: ResourceModel): readonly AttributeNode[] {
  const known = uniqueOf.get(model) ?? uniqueAttributes(model);
  uniqueOf.set(model, known);
  return known;
}

/** The number of the first value that another resource has. */
const TAKEN = `SELECT u.at FROM unnest(?::text[], ?::text[]) WITH ORDINALITY u(path, value, at) CROSS JOIN LATERAL
    (SELECT 1 FROM unique_value v WHERE v.endpoint = ? AND v.type = ? AND v.attribute = u.path AND v.value = u.value
     AND v.resource <> ? LIMIT 1) v
  ORDER BY u.at LIMIT 1`;

/** Is no key of a resource. */
const NO_RESOURCE = 0;

/**
 * Checks before anything is written, so that a refused operation leaves nothing to undo. Who comes in between is noticed
 * by {@link keepValues}.
 * @param before the resource as it is stored, `{}` for a new one: values that stay need no check
 * @param key of the resource itself, which may keep its values
 * @throws UniquenessConflict
 */
export async function checkUnique(
  connection: Connection,
  endpoint: Key,
  model: ResourceModel,
  before: JsonObject,
  resource: JsonObject,
  key: Key,
): Promise<void> {
  const sent = sentUniques(model, before, resource);
  if (sent.length === 0) return;
  const taken = await connection.get(
    TAKEN,
    sent.map(({ path }) => path),
    sent.map(({ value }) => value),
    endpoint,
    model.type.name,
    key,
  );
  const conflict = sent[Number(taken?.[0]) - 1];
  if (conflict !== undefined) throw new UniquenessConflict(conflict.path, conflict.shown);
}

type SentValue = { readonly path: string; readonly value: string; readonly shown: string };

/** The unique values of a request, in its order and with its spelling. */
function sentUniques(model: ResourceModel, before: JsonObject, resource: JsonObject): SentValue[] {
  const sent: SentValue[] = [];
  for (const attribute of uniquesOf(model)) {
    if (isSame(before, resource, attribute)) continue;
    for (const each of valuesAt(resource, attribute)) {
      const value = comparable(attribute, each);
      if (value !== null) sent.push({ path: attribute.path, value: keptValue(value), shown: String(each) });
    }
  }
  return sent;
}

/**
 * Inserts a resource with its values in one statement, unless one of the unique ones is taken.
 * @param inserting inserts the row of `resource`, and returns its key; its last parameter is whether to insert it
 * @throws UniquenessConflict, Overtaken
 */
export async function insertWithValues(
  connection: Connection,
  endpoint: Key,
  model: ResourceModel,
  resource: JsonObject,
  inserting: { readonly columns: readonly string[]; readonly values: readonly Parameter[] },
): Promise<Key> {
  const sent = sentUniques(model, {}, resource);
  const unique = differences({}, resource, uniquesOf(model)).come;
  const indexed = differences({}, resource, keptOf(model).indexed).come;
  const row = await connection.get(
    `WITH taken AS (${TAKEN}),
     made AS (
       INSERT INTO resource (endpoint, type, ${inserting.columns.join(", ")})
       SELECT e.key, ${["?", ...inserting.columns.map(() => "?")].join(", ")} FROM endpoint e
       WHERE e.key = ? AND NOT EXISTS (SELECT 1 FROM taken) RETURNING key, endpoint, type),
     kept AS (
       INSERT INTO unique_value (endpoint, type, attribute, value, resource)
       SELECT made.endpoint, made.type, u.path, u.value, made.key FROM made, unnest(?::text[], ?::text[]) u(path, value)
       ON CONFLICT DO NOTHING RETURNING 1),
     indexed AS (
       INSERT INTO indexed_value (endpoint, attribute, value, resource)
       SELECT made.endpoint, u.path, u.value, made.key FROM made, unnest(?::text[], ?::text[]) u(path, value)
       ON CONFLICT DO NOTHING),
     counted AS (
       INSERT INTO population (endpoint, type, slot, count)
       SELECT endpoint, type, ${POPULATION_SLOT}, 1 FROM made
       ON CONFLICT (endpoint, type, slot) DO UPDATE SET count = population.count + 1)
     SELECT (SELECT at FROM taken), (SELECT key FROM made), (SELECT count(*) FROM kept)`,
    sent.map(({ path }) => path),
    sent.map(({ value }) => value),
    endpoint,
    model.type.name,
    NO_RESOURCE,
    model.type.name,
    ...inserting.values,
    endpoint,
    unique.paths,
    unique.values,
    indexed.paths,
    indexed.values,
  );
  const [taken, key, kept] = row as [number | null, Key | null, number];
  const conflict = taken === null ? undefined : sent[taken - 1];
  if (conflict !== undefined) throw new UniquenessConflict(conflict.path, conflict.shown);
  if (key === null) throw new Error("the endpoint does not exist");
  if (kept < unique.count) connection.fail(new Overtaken("Another resource has the value by now."));
  return key;
}

/** Updates the rows of one resource; `{}` stands for no resource. @throws Overtaken */
export async function keepValues(
  connection: Connection,
  endpoint: Key,
  model: ResourceModel,
  key: Key,
  before: JsonObject,
  after: JsonObject,
): Promise<void> {
  const type = model.type.name;
  const unique = differences(before, after, uniquesOf(model));
  const indexed = differences(before, after, keptOf(model).indexed);
  if (unique.gone.count > 0) {
    await connection.send(
      `DELETE FROM unique_value v USING unnest(?::text[], ?::text[]) u(path, value)
       WHERE v.endpoint = ? AND v.type = ? AND v.attribute = u.path AND v.value = u.value`,
      unique.gone.paths,
      unique.gone.values,
      endpoint,
      type,
    );
  }
  if (unique.come.count > 0) {
    const { changed } = await connection.run(
      `INSERT INTO unique_value (endpoint, type, attribute, value, resource)
       SELECT ?::bigint, ?::text, u.path, u.value, ?::bigint FROM unnest(?::text[], ?::text[]) u(path, value)
       ON CONFLICT DO NOTHING`,
      endpoint,
      type,
      key,
      unique.come.paths,
      unique.come.values,
    );
    if (changed < unique.come.count) connection.fail(new Overtaken("Another resource has the value by now."));
  }
  if (indexed.gone.count > 0) {
    await connection.send(
      `DELETE FROM indexed_value v USING unnest(?::text[], ?::text[]) u(path, value)
       WHERE v.endpoint = ? AND v.attribute = u.path AND v.value = u.value AND v.resource = ?`,
      indexed.gone.paths,
      indexed.gone.values,
      endpoint,
      key,
    );
  }
  if (indexed.come.count > 0) {
    await connection.send(
      `INSERT INTO indexed_value (endpoint, attribute, value, resource)
       SELECT ?::bigint, u.path, u.value, ?::bigint FROM unnest(?::text[], ?::text[]) u(path, value)
       ON CONFLICT DO NOTHING`,
      endpoint,
      key,
      indexed.come.paths,
      indexed.come.values,
    );
  }
}

class Values {
  readonly paths: string[] = [];
  readonly values: string[] = [];

  add(path: string, value: string | number): void {
    this.paths.push(path);
    this.values.push(keptValue(value));
  }

  get count(): number {
    return this.paths.length;
  }
}

function differences(before: JsonObject, after: JsonObject, attributes: Iterable<AttributeNode>) {
  const [gone, come] = [new Values(), new Values()];
  for (const attribute of attributes) {
    if (isSame(before, after, attribute)) continue;
    const old = valuesOf(before, attribute);
    const current = valuesOf(after, attribute);
    for (const value of old) if (!current.has(value)) gone.add(attribute.path, value);
    for (const value of current) if (!old.has(value)) come.add(attribute.path, value);
  }
  return { gone, come };
}
