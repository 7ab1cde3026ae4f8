import { useQuery } from "@tanstack/react-query";
import { api, dataOf } from "../api/client.ts";
import type { JsonObject } from "../api/types.ts";
import { Loaded } from "../shared/loaded.tsx";
import pageStyles from "../shared/page.module.css";
import { Table } from "../shared/table.tsx";
import styles from "./endpoints.module.css";

type Attribute = JsonObject & { readonly name: string; readonly subAttributes?: readonly Attribute[] };
type Schema = { readonly id: string; readonly name: string; readonly attributes: readonly Attribute[] };
type ResourceType = {
  readonly name: string;
  readonly endpoint: string;
  readonly schema: string;
  readonly schemaExtensions?: readonly { readonly schema: string; readonly required: boolean }[];
};

/** What discovery shows: the resource types with their schemas, and each attribute. */
export function DefinitionsOverview({ endpoint }: { readonly endpoint: string }) {
  const query = useQuery({
    queryKey: ["definitions", endpoint],
    queryFn: async ({ signal }) => {
      const params = { path: { endpoint } };
      const [types, schemas] = await Promise.all([
        dataOf(api.GET("/api/endpoints/{endpoint}/scim/v2/ResourceTypes", { params, signal })),
        dataOf(api.GET("/api/endpoints/{endpoint}/scim/v2/Schemas", { params, signal })),
      ]);
      return {
        types: types.Resources as unknown as readonly ResourceType[],
        schemas: schemas.Resources as unknown as readonly Schema[],
      };
    },
  });
  return (
    <section className={pageStyles.card} aria-label="Resource types">
      <h2>Resource types</h2>
      <Loaded query={query} lines={7}>
        {({ types, schemas }) =>
          types.map(({ name, endpoint: path, schema, schemaExtensions = [] }) => (
            <div key={name} className={styles.form}>
              <h3>
                {name} <code>{path}</code>
              </h3>
              {[schema, ...schemaExtensions.map((each) => each.schema)].map((urn) => (
                <SchemaDetails key={urn} schema={schemas.find(({ id }) => id === urn)} urn={urn} />
              ))}
            </div>
          ))
        }
      </Loaded>
    </section>
  );
}

function SchemaDetails({ schema, urn }: { readonly schema: Schema | undefined; readonly urn: string }) {
  const { attributes = [] } = schema ?? {};
  const rows = attributes.flatMap((attribute) => [
    { path: attribute.name, attribute },
    ...(attribute.subAttributes ?? []).map((sub) => ({ path: `${attribute.name}.${sub.name}`, attribute: sub })),
  ]);
  return (
    <details>
      <summary>
        <code>{urn}</code> <span className={pageStyles.soft}>{attributes.length} attributes</span>
      </summary>
      <Table columns={["Attribute", "Type", "Characteristics"]}>
        {rows.map(({ path, attribute }) => (
          <tr key={path}>
            <th scope="row">{path}</th>
            <td>{`${attribute["type"]}${attribute["multiValued"] === true ? ", several" : ""}`}</td>
            <td className={pageStyles.soft}>{characteristicsOf(attribute)}</td>
          </tr>
        ))}
      </Table>
    </details>
  );
}

/** Those that differ from the usual ones (RFC 7643 §2.2). */
function characteristicsOf({ required, caseExact, mutability, returned, uniqueness }: Attribute): string {
  return [
    required === true ? "required" : undefined,
    caseExact === true ? "case-exact" : undefined,
    mutability === "readWrite" ? undefined : mutability,
    returned === "default" ? undefined : `returned ${returned}`,
    uniqueness === "none" || uniqueness === undefined ? undefined : "unique",
  ]
    .filter((text) => text !== undefined)
    .join(", ");
}
