import { Field, Textarea } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../api/problem.ts";
import { shortText } from "../shared/short-text.ts";
import type { TypeDefinition } from "./definition.ts";
import { type ImportedRow, readImport } from "./import-file.ts";
import styles from "./resource.module.css";
import { RunDialog } from "./run-dialog.tsx";

/** Rows and columns shown in the preview. */
const SHOWN_ROWS = 8;
const SHOWN_COLUMNS = 6;

const HINT =
  "A JSON array of resources, or CSV whose first row has attribute names, such as userName, name.givenName, " +
  "emails.work, active, department. Separate several values in a cell with “;”.";

type ImportDialogProps = {
  readonly endpoint: string;
  readonly definition: TypeDefinition;
  readonly onClose: () => void;
};

/** Creates resources from a JSON or CSV file. */
export function ImportDialog({ endpoint, definition, onClose }: ImportDialogProps) {
  const [text, setText] = useState("");
  const { data: file, error } = useQuery({
    queryKey: ["import", definition.path, text],
    enabled: text.trim() !== "",
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: () => readImport(text, definition),
  });
  const path = `/${definition.path}`;
  const steps = file?.rows.map((item) => ({
    operation: { method: "POST" as const, path, data: item.resource },
    items: [item],
  }));
  const count = file?.rows.length ?? 0;
  return (
    <RunDialog
      {...{ endpoint, steps, onClose }}
      title={`Import ${definition.path.toLowerCase()}`}
      action={count === 0 ? "Create" : `Create ${count.toLocaleString("en")}`}
      fileName={`failed-${definition.path.toLowerCase()}`}
    >
      <Field label="File" hint={HINT}>
        {(field) => (
          <input
            {...field}
            type="file"
            accept=".csv,.json,text/csv,application/json"
            onChange={({ target }) => void target.files?.[0]?.text().then(setText)}
          />
        )}
      </Field>
      <Field label="Or paste it here">
        <Textarea
          resize="vertical"
          textarea={{ spellCheck: false, rows: 3 }}
          // A long text would make typing slow.
          value={text.length > 100_000 ? `${text.slice(0, 1_000)}\n…` : text}
          readOnly={text.length > 100_000}
          onChange={(_event, { value }) => setText(value)}
        />
      </Field>
      {error !== null && text.trim() !== "" && (
        <p role="alert" className={styles.warning}>
          {messageOf(error)}
        </p>
      )}
      {file !== undefined && file.unknown.length > 0 && (
        <p role="alert" className={styles.warning}>
          {`These columns name no attribute of ${definition.name} and are left out: ${file.unknown.join(", ")}.`}
        </p>
      )}
      {file !== undefined && <Preview rows={file.rows} />}
    </RunDialog>
  );
}

function Preview({ rows }: { readonly rows: readonly ImportedRow[] }) {
  const shown = rows.slice(0, SHOWN_ROWS);
  const names = [...new Set(shown.flatMap(({ resource }) => Object.keys(resource)))].filter(
    (name) => name !== "schemas",
  );
  const columns = names.slice(0, SHOWN_COLUMNS);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: people scroll it by keyboard
    <div className={styles.importPreview} tabIndex={0}>
      <table>
        <caption>{`${rows.length.toLocaleString("en")} rows`}</caption>
        <thead>
          <tr>
            {columns.map((name) => (
              <th key={name} scope="col" title={name}>
                {name.replace(/^urn:.*:(?=[^:]+:[^:]*$)/, "")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map(({ resource }, index) => (
            <tr key={index}>
              {columns.map((name) => {
                const value = resource[name];
                return <td key={name}>{value === undefined ? "" : shortText(textOf(value), 60)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
