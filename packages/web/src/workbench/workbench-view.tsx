import { Button, Field, MessageBar, MessageBarBody, Select, Textarea } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { endpointsQuery, exchangeQuery } from "../api/queries.ts";
import { ExchangeChanges } from "../exchange/exchange-changes.tsx";
import { statusText } from "../exchange/status-text.ts";
import { useMayChange } from "../session/session.ts";
import { CopyButton } from "../shared/copy-button.tsx";
import { useEndpointName } from "../shared/endpoint.ts";
import { ErrorBar } from "../shared/error-bar.tsx";
import { JsonText, laidOutJson } from "../shared/json-text.tsx";
import page from "../shared/page.module.css";
import { SuggestInput } from "../shared/suggest-input.tsx";
import { Ago } from "../shared/time.tsx";
import { useTitle } from "../shared/title.ts";
import { type Sent, useHistory } from "./history.ts";
import { usePaths } from "./paths.ts";
import { type Answer, type Draft, draftOf, EMPTY, jsonProblem, METHODS, mayHaveBody, send } from "./request.ts";
import styles from "./workbench.module.css";

const route = getRouteApi("/workbench");

/** Sends any SCIM request to an endpoint: an empty one, or a recorded one that was edited. */
export function WorkbenchView() {
  const { exchange: text } = route.useSearch();
  const id = Number(text);
  const isFrom = text !== undefined && Number.isSafeInteger(id);
  const { data, error } = useQuery({ ...exchangeQuery(id), enabled: isFrom, placeholderData: undefined });
  const history = useHistory();
  const chosen = useEndpointName();
  useTitle("Workbench");
  return (
    <div className={page.page}>
      <h1 tabIndex={-1}>Workbench</h1>
      <ErrorBar error={error} />
      <div className={styles.columns}>
        {(!isFrom || data !== undefined || error !== null) && (
          <Workbench
            key={data?.id ?? 0}
            first={data === undefined ? EMPTY : draftOf(data)}
            endpoint={data?.endpoint ?? chosen}
            onSent={history.add}
          />
        )}
        <History entries={history.entries} onClear={history.clear} />
      </div>
    </div>
  );
}

type WorkbenchProps = {
  readonly first: Draft;
  readonly endpoint: string;
  readonly onSent: (sent: Sent) => void;
};

function Workbench({ first, endpoint: given, onSent }: WorkbenchProps) {
  const [draft, setDraft] = useState(first);
  const [chosen, setEndpoint] = useState<string>();
  const endpoint = chosen ?? given;
  const { data: endpoints = [] } = useQuery(endpointsQuery);
  const mayChange = useMayChange();
  const set = (changes: Partial<Draft>) => setDraft({ ...draft, ...changes });
  const { method, path, headers, body } = draft;
  const paths = usePaths(endpoint, path);
  const problem = jsonProblem(body);
  const sending = useMutation({
    mutationFn: () => send(endpoint, draft),
    onSuccess: ({ exchange, status }) => {
      // A query may have anything in it.
      const sent = { atMs: Date.now(), method, path: path.replace(/\?.*$/s, ""), status };
      if (exchange !== undefined) onSent({ exchange, ...sent });
    },
  });
  return (
    <div className={styles.main}>
      <form
        className={page.card}
        aria-label="Request"
        onSubmit={(event) => {
          event.preventDefault();
          if (mayChange && !sending.isPending) sending.mutate();
        }}
      >
        <div className={styles.line}>
          {endpoints.length > 1 && (
            <Select
              className={styles.endpoint}
              aria-label="Endpoint"
              value={endpoint}
              onChange={(_event, { value }) => setEndpoint(value)}
            >
              {endpoints.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
          )}
          <Select aria-label="Method" value={method} onChange={(_event, data) => set({ method: data.value })}>
            {[...new Set([...METHODS, method])].map((each) => (
              <option key={each}>{each}</option>
            ))}
          </Select>
          <div className={styles.path}>
            <SuggestInput
              aria-label="Path"
              value={path}
              onChange={(value) => set({ path: value })}
              suggestions={paths}
              onPick={({ key }) => set({ path: key })}
            />
          </div>
          <Button type="submit" appearance="primary" disabledFocusable={!mayChange || sending.isPending}>
            Send
          </Button>
        </div>
        <Field label="Headers">
          <Textarea
            className={styles.code}
            rows={3}
            value={headers}
            onChange={(_event, { value }) => set({ headers: value })}
          />
        </Field>
        {mayHaveBody(method) && (
          <Field
            label="Body"
            validationState={problem === undefined ? "none" : "warning"}
            validationMessage={problem ?? null}
          >
            <Textarea
              className={styles.code}
              rows={12}
              resize="vertical"
              value={body}
              onChange={(_event, { value }) => set({ body: value })}
            />
          </Field>
        )}
        <MessageBar intent={mayHaveBody(method) ? "warning" : "info"} layout="multiline">
          <MessageBarBody>
            {!mayChange
              ? "Only administrators can send requests. You are signed in as a viewer."
              : mayHaveBody(method)
                ? "This request is sent under your name and really changes data."
                : "This request is sent under your name. It changes nothing."}
          </MessageBarBody>
        </MessageBar>
        <ErrorBar error={sending.error} />
      </form>
      {sending.data !== undefined && <AnswerCard answer={sending.data} />}
    </div>
  );
}

function AnswerCard({ answer: { status, headers, body, exchange } }: { readonly answer: Answer }) {
  const { data } = useQuery({
    ...exchangeQuery(exchange ?? 0),
    enabled: exchange !== undefined,
    placeholderData: undefined,
  });
  const laidOut = laidOutJson(body);
  return (
    <section className={page.card} aria-label="Response">
      <h2 role="status">The server answered {statusText(status)}</h2>
      {exchange !== undefined && (
        <Link to="/exchanges/$id" params={{ id: String(exchange) }}>
          Show the exchange
        </Link>
      )}
      {data !== undefined && <ExchangeChanges exchange={data} />}
      <details>
        <summary>{headers.length} headers</summary>
        <JsonText text={headers.map(([name, value]) => `${name}: ${value}`).join("\n")} isJson={false} />
      </details>
      {body === "" ? <p>No body</p> : <JsonText text={laidOut ?? body} isJson={laidOut !== undefined} />}
      {body !== "" && (
        <div>
          <CopyButton label="Copy body" text={body} />
        </div>
      )}
    </section>
  );
}

type HistoryProps = { readonly entries: readonly Sent[]; readonly onClear: () => void };

function History({ entries, onClear }: HistoryProps) {
  return (
    <section className={page.card} aria-label="History">
      <h2>Sent from this browser</h2>
      {entries.length === 0 && <p className={page.soft}>Requests that you send appear here.</p>}
      <ul className={styles.history}>
        {entries.map(({ exchange, atMs, method, path, status }) => (
          <li key={exchange}>
            <Link to="/workbench" search={{ exchange: String(exchange) }}>
              {method} {path}
            </Link>
            <span className={page.soft}>
              {status} · <Ago iso={new Date(atMs).toISOString()} />
            </span>
          </li>
        ))}
      </ul>
      {entries.length > 0 && (
        <div>
          <Button size="small" onClick={onClear}>
            Clear the history
          </Button>
        </div>
      )}
    </section>
  );
}
