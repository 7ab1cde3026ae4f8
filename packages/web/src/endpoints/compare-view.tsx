import { Field, Select } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { endpointsQuery } from "../api/queries.ts";
import type { Endpoint, Json, JsonObject } from "../api/types.ts";
import pageStyles from "../shared/page.module.css";
import { Table } from "../shared/table.tsx";
import { useTitle } from "../shared/title.ts";
import styles from "./endpoints.module.css";
import { settingsIn } from "./settings-guide.ts";

const route = getRouteApi("/endpoints-comparison");

/** The settings of two endpoints, side by side. */
export function CompareView() {
  const { data: endpoints } = useQuery(endpointsQuery);
  const search = route.useSearch();
  const navigate = useNavigate();
  useTitle("Compare endpoints");
  if (endpoints === undefined) return null;
  const names = endpoints.map(({ name }) => name);
  const [left, right] = [search.left ?? names[0] ?? "", search.right ?? names[1] ?? names[0] ?? ""];
  const choose =
    (side: "left" | "right") =>
    (_event: unknown, { value }: { readonly value: string }) =>
      void navigate({ to: "/endpoints-comparison", search: { left, right, [side]: value }, replace: true });
  const differences = differencesOf(
    endpoints.find(({ name }) => name === left),
    endpoints.find(({ name }) => name === right),
  );
  return (
    <div className={pageStyles.page}>
      <nav aria-label="Breadcrumb">
        <Link to="/endpoints">Endpoints</Link>
      </nav>
      <h1 tabIndex={-1}>Compare endpoints</h1>
      <section className={pageStyles.card} aria-label="Differences">
        <div className={styles.grid}>
          {(
            [
              ["left", left],
              ["right", right],
            ] as const
          ).map(([side, chosen]) => (
            <Field key={side} label={side === "left" ? "Settings of" : "Compared with"}>
              <Select value={chosen} onChange={choose(side)}>
                {names.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </Select>
            </Field>
          ))}
        </div>
        {differences.length === 0 ? (
          <p>All settings are the same.</p>
        ) : (
          <Table columns={["Setting", left, right]}>
            {differences.map(([path, one, other]) => (
              <tr key={path}>
                <th scope="row">
                  <code>{path}</code>
                </th>
                <td>{shown(one)}</td>
                <td>{shown(other)}</td>
              </tr>
            ))}
          </Table>
        )}
      </section>
    </div>
  );
}

type Difference = readonly [path: string, one: Json | undefined, other: Json | undefined];

function differencesOf(one: Endpoint | undefined, other: Endpoint | undefined): Difference[] {
  const [left, right] = [one, other].map((each) => new Map(settingsIn((each?.inForce ?? {}) as JsonObject)));
  const paths = [...new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])];
  return paths
    .map((path): Difference => [path, left?.get(path), right?.get(path)])
    .filter(([, before, after]) => JSON.stringify(before) !== JSON.stringify(after));
}

/** Schemas and types by their names. */
function shown(value: Json | undefined): string {
  if (value === undefined) return "no limit";
  if (!Array.isArray(value)) return String(value);
  const names = (value as Json[]).map((each) =>
    typeof each === "object" ? String((each as JsonObject)["id"] ?? (each as JsonObject)["name"]) : String(each),
  );
  return names.length === 0 ? "none" : names.join(", ");
}
