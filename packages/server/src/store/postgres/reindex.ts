import type { ResourceModel } from "@scimtool/scim";
import { yieldToEventLoop } from "../../event-loop.ts";
import { attributesOf } from "../resource-body.ts";
import { checkLengths, keptOf, valuesAt, valuesOf } from "../sql/columns.ts";
import { type Key, UniquenessConflict } from "../store.ts";
import type { Connection } from "./connection.ts";
import { keptValue } from "./dialect.ts";
import { documentOf } from "./document.ts";
import { uniquesOf } from "./kept-values.ts";

/** Resources that one statement reads and writes. */
const RESOURCES_PER_TURN = 500;

/**
 * See `reindex` of the port: rebuilds documents and stored values of the types whose attributes are compared or stored
 * differently now.
 * @throws UniquenessConflict, ValueTooLong
 */
export async function reindexEndpoint(
  connection: Connection,
  endpoint: Key,
  before: readonly ResourceModel[],
  after: readonly ResourceModel[],
): Promise<void> {
  const types = new Set([...before, ...after].map(({ type }) => type.name));
  for (const type of types) {
    const old = before.find((each) => each.type.name === type);
    const model = after.find((each) => each.type.name === type);
    if (signature(old) === signature(model)) continue;
    await removeRows(connection, endpoint, type, old);
    if (model !== undefined) await addRows(connection, endpoint, model);
  }
}

/** The properties that the rows and documents of a type depend on. */
function signature(model: ResourceModel | undefined): string {
  if (model === undefined) return "";
  const tops = [...model.attributes.values()].concat(
    [...model.extensions.values()].flatMap(({ attributes }) => [...attributes.values()]),
  );
  const { indexed } = keptOf(model);
  const unique = new Set(uniquesOf(model));
  return tops
    .flatMap((top) => [top, ...top.children.values()])
    .map((each) =>
      [each.path, each.type, each.caseExact, each.multiValued, indexed.has(each), unique.has(each)].join(" "),
    )
    .sort()
    .join("\n");
}

async function removeRows(
  connection: Connection,
  endpoint: Key,
  type: string,
  model: ResourceModel | undefined,
): Promise<void> {
  await connection.run("DELETE FROM unique_value WHERE endpoint = ? AND type = ?", endpoint, type);
  const paths = model === undefined ? [] : [...keptOf(model).indexed].map(({ path }) => path);
  if (paths.length === 0) return;
  await connection.run(
    `DELETE FROM indexed_value v USING resource r
     WHERE v.endpoint = ? AND v.attribute = ANY (?::text[]) AND r.key = v.resource AND r.type = ?`,
    endpoint,
    paths,
    type,
  );
}

async function addRows(connection: Connection, endpoint: Key, model: ResourceModel): Promise<void> {
  const type = model.type.name;
  const uniques = uniquesOf(model);
  const { indexed } = keptOf(model);
  for (let after: Key | undefined = 0; after !== undefined; ) {
    const rows = await connection.all(
      "SELECT key, body FROM resource WHERE endpoint = ? AND type = ? AND key > ? ORDER BY key LIMIT ?",
      endpoint,
      type,
      after,
      RESOURCES_PER_TURN,
    );
    const documents: string[] = [];
    const kept = { unique: new Rows(), indexed: new Rows() };
    for (const [key, body] of rows) {
      const resource = attributesOf({ body: body as string });
      checkLengths(model, {}, resource);
      documents.push(JSON.stringify(documentOf(resource, model)));
      for (const attribute of uniques) {
        for (const value of valuesOf(resource, attribute)) kept.unique.add(key as Key, attribute.path, value);
      }
      for (const attribute of indexed) {
        for (const value of valuesOf(resource, attribute)) kept.indexed.add(key as Key, attribute.path, value);
      }
    }
    const keys = rows.map(([key]) => String(key));
    await connection.run(
      `UPDATE resource r SET document = u.document::jsonb FROM unnest(?::bigint[], ?::text[]) u(key, document)
       WHERE r.key = u.key`,
      keys,
      documents,
    );
    await connection.run(
      `INSERT INTO unique_value SELECT ?::bigint, ?::text, u.path, u.value, u.key
       FROM unnest(?::text[], ?::text[], ?::bigint[]) u(path, value, key) ON CONFLICT DO NOTHING`,
      endpoint,
      type,
      ...kept.unique.columns,
    );
    await refuseShared(connection, endpoint, model, kept.unique);
    await connection.run(
      `INSERT INTO indexed_value SELECT ?::bigint, u.path, u.value, u.key
       FROM unnest(?::text[], ?::text[], ?::bigint[]) u(path, value, key) ON CONFLICT DO NOTHING`,
      endpoint,
      ...kept.indexed.columns,
    );
    after = rows.length < RESOURCES_PER_TURN ? undefined : (rows.at(-1)?.[0] as Key);
    await yieldToEventLoop();
  }
}

/** @throws UniquenessConflict if another resource has one of the values */
async function refuseShared(connection: Connection, endpoint: Key, model: ResourceModel, unique: Rows): Promise<void> {
  const shared = await connection.get(
    `SELECT u.path, r.body FROM unnest(?::text[], ?::text[], ?::bigint[]) u(path, value, key)
     JOIN unique_value v ON v.endpoint = ? AND v.type = ? AND v.attribute = u.path AND v.value = u.value
     JOIN resource r ON r.key = u.key WHERE v.resource <> u.key LIMIT 1`,
    ...unique.columns,
    endpoint,
    model.type.name,
  );
  if (shared === undefined) return;
  const [path, body] = shared as [string, string];
  const attribute = uniquesOf(model).find((each) => each.path === path);
  const [value = ""] = attribute === undefined ? [] : valuesAt(attributesOf({ body }), attribute);
  throw new UniquenessConflict(path, String(value));
}

/** Rows of kept values, column by column. */
class Rows {
  readonly columns: readonly [paths: string[], values: string[], keys: string[]] = [[], [], []];

  add(key: Key, path: string, value: string | number): void {
    this.columns[0].push(path);
    this.columns[1].push(keptValue(value));
    this.columns[2].push(String(key));
  }
}
