import { Button, Field, Select } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import { endpointsQuery } from "../api/queries.ts";
import type { Exchange } from "../api/types.ts";
import { DialogFrame } from "../shared/dialog-frame.tsx";
import { FormDialog } from "../shared/form-dialog.tsx";
import { JsonText, laidOutJson } from "../shared/json-text.tsx";
import { statusText } from "./status-text.ts";

type ReplayDialogProps = { readonly exchange: Exchange; readonly onClose: () => void };

/** Sends a request again, after a question. */
export function ReplayDialog({ exchange, onClose }: ReplayDialogProps) {
  const { id, method, path } = exchange;
  const { data: endpoints = [] } = useQuery(endpointsQuery);
  const [endpoint, setEndpoint] = useState(exchange.endpoint ?? "default");
  const replay = useMutation({
    mutationFn: () => dataOf(api.POST("/api/exchanges/{id}/replay", { params: { path: { id } }, body: { endpoint } })),
  });
  if (replay.data !== undefined) return <ReplayResult result={replay.data} onClose={onClose} />;
  return (
    <FormDialog title="Send this request again?" action="Send again" submission={replay} onClose={onClose}>
      <p>
        <code>
          {method} {path}
        </code>{" "}
        {method === "GET" ? "changes nothing." : "will be sent again under your name and really changes data."}
      </p>
      {endpoints.length > 1 && (
        <Field label="Endpoint">
          <Select value={endpoint} onChange={(_event, { value }) => setEndpoint(value)}>
            {endpoints.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </Field>
      )}
    </FormDialog>
  );
}

type Replayed = { readonly status: number; readonly body?: unknown; readonly exchange: number | null };

function ReplayResult({ result, onClose }: { readonly result: Replayed; readonly onClose: () => void }) {
  const { status, body, exchange } = result;
  const text = body === null || body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  const laidOut = laidOutJson(text);
  return (
    <DialogFrame
      title={`The server answered ${statusText(status)}`}
      onClose={onClose}
      actions={
        <>
          {exchange !== null && (
            <Link to="/exchanges/$id" params={{ id: String(exchange) }} onClick={onClose}>
              Show the exchange
            </Link>
          )}
          <Button onClick={onClose}>Close</Button>
        </>
      }
    >
      {text === "" ? "No body" : <JsonText text={laidOut ?? text} isJson={laidOut !== undefined} />}
    </DialogFrame>
  );
}
