import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  MessageBar,
  MessageBarBody,
  Select,
} from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import { messageOf } from "../api/problem.ts";
import { endpointsQuery } from "../api/queries.ts";
import type { Exchange } from "../api/types.ts";
import { useReturnFocus } from "../shared/focus.ts";
import { JsonText, laidOutJson } from "../shared/json-text.tsx";
import { statusText } from "./status-text.ts";

type ReplayDialogProps = { readonly exchange: Exchange; readonly onClose: () => void };

/** Sends a request again, after a question. */
export function ReplayDialog({ exchange, onClose }: ReplayDialogProps) {
  useReturnFocus();
  const { id, method, path } = exchange;
  const { data: endpoints = [] } = useQuery(endpointsQuery);
  const [endpoint, setEndpoint] = useState(exchange.endpoint ?? "default");
  const replay = useMutation({
    mutationFn: () => dataOf(api.POST("/api/exchanges/{id}/replay", { params: { path: { id } }, body: { endpoint } })),
  });
  if (replay.data !== undefined) return <ReplayResult result={replay.data} onClose={onClose} />;
  return (
    <Dialog open modalType="alert" onOpenChange={onClose}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Send this request again?</DialogTitle>
          <DialogContent>
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
            {replay.error !== null && (
              <MessageBar intent="error" layout="multiline">
                <MessageBarBody>{messageOf(replay.error)}</MessageBarBody>
              </MessageBar>
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button appearance="primary" disabledFocusable={replay.isPending} onClick={() => replay.mutate()}>
              Send again
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

type Replayed = { readonly status: number; readonly body?: unknown; readonly exchange: number | null };

function ReplayResult({ result, onClose }: { readonly result: Replayed; readonly onClose: () => void }) {
  const { status, body, exchange } = result;
  const text = body === null || body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  const laidOut = laidOutJson(text);
  return (
    <Dialog open onOpenChange={onClose}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>The server answered {statusText(status)}</DialogTitle>
          <DialogContent>
            {text === "" ? "No body" : <JsonText text={laidOut ?? text} isJson={laidOut !== undefined} />}
          </DialogContent>
          <DialogActions>
            {exchange !== null && (
              <Link to="/exchanges/$id" params={{ id: String(exchange) }} onClick={onClose}>
                Show the exchange
              </Link>
            )}
            <Button onClick={onClose}>Close</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
