import type { Change, Json, NamedChange } from "../api/types.ts";
import { shortText } from "../shared/short-text.ts";
import styles from "./changes-table.module.css";
import { isReference } from "./resource-name.ts";

const MAX_CHARACTERS = 500;

/** Values of a collection that are shown one by one. */
const MAX_VALUES = 20;

export type ChangeRow = {
  readonly path: string;
  /** For people; undefined: the path. */
  readonly name: string | undefined;
  /** One text for each value; none if it is unassigned. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Number of all values, if not all are there. */
  readonly counts?: { readonly before: number; readonly after: number };
};

/** Changes as rows. @param named changes that have words for people, which are shown instead */
export function changeRows(changes: readonly Change[], named: readonly NamedChange[]): ChangeRow[] {
  const unnamed = changes.filter(({ path }) => !named.some((each) => each.path.startsWith(path)));
  return [
    ...named.map(({ path, name, before, after }) => ({ path, name, before: texts(before), after: texts(after) })),
    ...unnamed.map(rowOf),
  ];
}

/** Before and after, attribute by attribute. */
export function ChangesTable({ rows }: { readonly rows: readonly ChangeRow[] }) {
  return (
    <table className={styles.changes}>
      <thead>
        <tr>
          <th scope="col">Attribute</th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ path, name, before, after, counts }) => (
          <tr key={path}>
            <th scope="row" title={path}>
              {name ?? <code>{path.replace(/^urn:.*:(?=[^:]+$)/, "")}</code>}
            </th>
            <Side className={styles.before} values={before} count={counts?.before} />
            <Side className={styles.after} values={after} count={counts?.after} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type SideProps = {
  readonly className: string | undefined;
  readonly values: readonly string[];
  /** Of all values, if not all are there. */
  readonly count: number | undefined;
};

function Side({ className, values, count = values.length }: SideProps) {
  const left = count - MAX_VALUES;
  return (
    <td className={className}>
      {values.length === 0 && "–"}
      {values.length === 1 && <Value text={values[0] ?? ""} />}
      {values.length > 1 && (
        <ul>
          {values.slice(0, MAX_VALUES).map((text) => (
            <li key={text}>
              <Value text={text} />
            </li>
          ))}
          {left > 0 && <li>and {left.toLocaleString("en")} more</li>}
        </ul>
      )}
    </td>
  );
}

function Value({ text }: { readonly text: string }) {
  const short = shortText(text, MAX_CHARACTERS);
  return <bdi title={short === text ? undefined : text}>{short}</bdi>;
}

function texts(text: string | null | undefined): string[] {
  return text === undefined || text === null ? [] : [text];
}

function rowOf(change: Change): ChangeRow {
  const { path } = change;
  if (change.kind === "collection") {
    // Only what was removed and added is known, not what stayed.
    const removed = change.removed.map((value) => `− ${valueText(value as Json)}`);
    const added = change.added.map((value) => `+ ${valueText(value as Json)}`);
    const counts = change.counts && { counts: { before: change.counts.removed, after: change.counts.added } };
    return { path, name: undefined, before: removed, after: added, ...counts };
  }
  return { path, name: undefined, before: sideTexts(change.before), after: sideTexts(change.after) };
}

function sideTexts(value: unknown): string[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.map(valueText);
  return [typeof value === "object" ? JSON.stringify(value) : String(value)];
}

/** A value by what distinguishes it: "work: anna@example.com (primary)". */
function valueText(value: Json): string {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return JSON.stringify(value);
  const { type, display, value: own, $ref: _, ...others } = value as { readonly [name: string]: Json };
  const shown = display ?? own;
  if (typeof shown !== "string") return JSON.stringify(value);
  if (isReference(value as { readonly [name: string]: Json })) return shown;
  const beside = [...(typeof own === "string" && own !== shown ? [own] : []), ...Object.entries(others).map(partText)];
  const kind = typeof type === "string" ? `${type}: ` : "";
  return `${kind}${shown}${beside.length === 0 ? "" : ` (${beside.join(", ")})`}`;
}

function partText([name, value]: [string, Json]): string {
  if (typeof value === "boolean") return value ? name : `not ${name}`;
  return `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`;
}
