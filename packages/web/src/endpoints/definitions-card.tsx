import { Button, Field, MessageBar, MessageBarBody, Textarea } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, dataOf } from "../api/client.ts";
import { messageOf } from "../api/problem.ts";
import { queryClient } from "../api/queries.ts";
import type { Endpoint, Json, JsonObject } from "../api/types.ts";
import { ChangesTable } from "../resources/changes-table.tsx";
import { useMayChange } from "../session/session.ts";
import { JsonText } from "../shared/json-text.tsx";
import pageStyles from "../shared/page.module.css";
import { useToast } from "../shared/toast.tsx";
import { DefinitionsOverview } from "./definitions-overview.tsx";
import { definitionsPatch, definitionsText, isProblem, placeOfRefusal, type TextProblem } from "./definitions-text.ts";
import styles from "./endpoints.module.css";

const LEAST_ROWS = 12;
const MOST_ROWS = 30;

/** For people who have none yet. */
const EXAMPLE = {
  schemas: [
    {
      id: "urn:example:params:scim:schemas:Device",
      name: "Device",
      attributes: [
        { name: "serialNumber", type: "string", required: true, uniqueness: "server", caseExact: true },
        { name: "boughtAt", type: "dateTime", mutability: "immutable" },
      ],
    },
  ],
  resourceTypes: [{ name: "Device", endpoint: "/Devices", schema: "urn:example:params:scim:schemas:Device" }],
  indexed: ["Device:boughtAt"],
};

/** The schemas, resource types and indexed attributes of an endpoint. They are checked before they are saved. */
export function DefinitionsCard({ endpoint }: { readonly endpoint: Endpoint }) {
  const original = definitionsText(endpoint);
  const mayChange = useMayChange();
  return (
    <>
      <DefinitionsOverview endpoint={endpoint.name} />
      {mayChange ? (
        <DefinitionsEditor key={original} endpoint={endpoint} original={original} />
      ) : (
        <section className={pageStyles.card} aria-label="Definitions">
          <JsonText text={original} isJson />
        </section>
      )}
    </>
  );
}

type Checked = { readonly text: string; readonly patch: JsonObject; readonly changes: readonly SettingChange[] };
type SettingChange = { readonly name: string; readonly before?: unknown; readonly after?: unknown };

type DefinitionsEditorProps = { readonly endpoint: Endpoint; readonly original: string };

function DefinitionsEditor({ endpoint, original }: DefinitionsEditorProps) {
  const [text, setText] = useState(original);
  const [problem, setProblem] = useState<TextProblem>();
  const area = useRef<HTMLTextAreaElement>(null);
  const { say } = useToast();
  const params = { path: { name: endpoint.name } };
  const check = useMutation({
    mutationFn: async (edited: string): Promise<Checked> => {
      const patch = definitionsPatch(edited, endpoint);
      if (isProblem(patch)) throw new Refused(patch);
      const body = { settings: { ...patch } };
      const { changes } = await dataOf(api.POST("/api/endpoints/{name}/check", { params, body }));
      return { text: edited, patch, changes };
    },
    onMutate: () => setProblem(undefined),
    onError: (error, edited) =>
      setProblem(
        error instanceof Refused
          ? error.problem
          : { message: messageOf(error), place: placeOfRefusal(messageOf(error), edited) },
      ),
  });
  const save = useMutation({
    mutationFn: ({ patch }: Checked) =>
      dataOf(api.PATCH("/api/endpoints/{name}", { params, body: { settings: { ...patch } } })),
    onSuccess: async () => {
      // Lists, forms and discovery follow from them.
      await queryClient.invalidateQueries();
      say("Saved");
    },
    onError: (error) => setProblem({ message: messageOf(error), place: undefined }),
  });
  const checked = check.data?.text === text ? check.data : undefined;
  const goTo = ({ line, column }: NonNullable<TextProblem["place"]>) => {
    const lines = text.split("\n");
    const at = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
    area.current?.focus();
    area.current?.setSelectionRange(at, at + 1);
  };
  return (
    <section className={pageStyles.card} aria-label="Definitions">
      <h2>Edit</h2>
      <Field
        label="Definitions as JSON"
        hint="Schemas as in RFC 7643 §7, resource types as in §6, and unique and indexed attributes as Type:path. A resource type named User or Group adds its extensions to that type."
      >
        <Textarea
          value={text}
          rows={Math.min(MOST_ROWS, Math.max(LEAST_ROWS, text.split("\n").length + 1))}
          resize="vertical"
          textarea={{ ref: area, spellCheck: false, className: styles.definitions ?? "" }}
          onChange={(_event, { value }) => setText(value)}
        />
      </Field>
      {problem !== undefined && (
        <MessageBar intent="error" layout="multiline" role="alert">
          <MessageBarBody>
            {problem.place !== undefined && `Line ${problem.place.line}, column ${problem.place.column}: `}
            {problem.message}
          </MessageBarBody>
        </MessageBar>
      )}
      {checked !== undefined && checked.changes.length > 0 && (
        <section className={styles.form} aria-label="Changes">
          <h3>What changes</h3>
          <ChangesTable rows={checked.changes.flatMap(rowsOf)} />
        </section>
      )}
      {checked?.changes.length === 0 && <p role="status">Nothing changes.</p>}
      <div className={styles.save}>
        <Button
          appearance={checked === undefined ? "primary" : "secondary"}
          disabledFocusable={text === original || check.isPending}
          onClick={() => text !== original && check.mutate(text)}
        >
          Check
        </Button>
        <Button
          appearance={checked === undefined ? "secondary" : "primary"}
          disabledFocusable={checked === undefined || checked.changes.length === 0 || save.isPending}
          onClick={() => checked !== undefined && checked.changes.length > 0 && save.mutate(checked)}
        >
          Save
        </Button>
        <Button
          disabledFocusable={text === original}
          onClick={() => {
            setText(original);
            setProblem(undefined);
          }}
        >
          Discard changes
        </Button>
        {text === original && endpoint.inForce.schemas?.length === 0 && (
          <Button onClick={() => setText(JSON.stringify({ ...JSON.parse(original), ...EXAMPLE }, null, 2))}>
            Insert an example
          </Button>
        )}
        {problem?.place !== undefined && (
          <Button onClick={() => problem.place !== undefined && goTo(problem.place)}>Show the place</Button>
        )}
      </div>
    </section>
  );
}

class Refused extends Error {
  readonly problem: TextProblem;

  constructor(problem: TextProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** One row for each schema or resource type that was added, removed or changed; otherwise one for each value. */
function rowsOf({ name, before, after }: SettingChange) {
  const [old, now] = [before, after].map((value) => (Array.isArray(value) ? (value as Json[]) : []));
  const keyOf = (entry: Json) =>
    typeof entry === "object" && entry !== null
      ? String((entry as JsonObject)["id"] ?? (entry as JsonObject)["name"])
      : String(entry);
  const [olds, news] = [old, now].map((entries) => new Map((entries ?? []).map((entry) => [keyOf(entry), entry])));
  const keys = [...new Set([...(olds?.keys() ?? []), ...(news?.keys() ?? [])])];
  const shown = (entry: Json | undefined) => (entry === undefined ? [] : [JSON.stringify(entry)]);
  return keys
    .map((key) => ({
      path: `${name}: ${key}`,
      name: undefined,
      before: shown(olds?.get(key)),
      after: shown(news?.get(key)),
    }))
    .filter((row) => row.before[0] !== row.after[0]);
}
