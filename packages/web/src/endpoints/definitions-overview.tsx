import { useQuery } from "@tanstack/react-query";
import { type Attribute, definitionsQuery, type Extension } from "../resources/definition.ts";
import { Loaded } from "../shared/loaded.tsx";
import pageStyles from "../shared/page.module.css";
import { Table } from "../shared/table.tsx";
import styles from "./endpoints.module.css";

/** What discovery shows: the resource types with their schemas, and each attribute. */
export function DefinitionsOverview({ endpoint }: { readonly endpoint: string }) {
  return (
    <section className={pageStyles.card} aria-label="Resource types">
      <h2>Resource types</h2>
      <Loaded query={useQuery(definitionsQuery(endpoint))} lines={7}>
        {(types) =>
          types.map((type) => (
            <div key={type.name} className={styles.form}>
              <h3>
                {type.name} <code>/{type.path}</code>
              </h3>
              {[type, ...type.extensions].map((schema) => (
                <SchemaDetails key={schema.urn} {...schema} />
              ))}
            </div>
          ))
        }
      </Loaded>
    </section>
  );
}

function SchemaDetails({ urn, attributes }: Pick<Extension, "urn" | "attributes">) {
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
            <td>{`${attribute.type}${attribute.multiValued === true ? ", several" : ""}`}</td>
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
    returned === "default" || returned === undefined ? undefined : `returned ${returned}`,
    uniqueness === "none" || uniqueness === undefined ? undefined : "unique",
  ]
    .filter((text) => text !== undefined)
    .join(", ");
}
