import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Answer = { status: number; headers: Record<string, string>; body: string };

type Asked = {
  readonly method: string;
  readonly url: string;
  readonly authorization: string;
  /** The header If-Match; empty without one. */
  readonly ifMatch: string;
  /** Counts the requests with its method, from 1. */
  readonly nth: number;
  /** Sends the request to the real server. */
  readonly pass: (url?: string) => Promise<Answer>;
};

/** The response instead; undefined closes the connection. */
export type Fault = (asked: Asked) => Promise<Answer | undefined>;

/** A proxy that injects faults. */
export async function startFaultProxy(origin: string, fault: Fault): Promise<{ origin: string; close: () => void }> {
  const counts = new Map<string, number>();
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const nth = (counts.get(method) ?? 0) + 1;
    counts.set(method, nth);
    const { authorization = "", "content-type": type = "application/scim+json", "if-match": ifMatch = "" } = headers;
    const pass = async (to = url): Promise<Answer> => {
      const passed = await fetch(origin + to, {
        method,
        headers: { authorization, "content-type": type, ...(ifMatch !== "" && { "if-match": ifMatch }) },
        ...(body !== "" && { body }),
      });
      const { "content-type": contentType = "", etag = "", location = "" } = Object.fromEntries(passed.headers);
      const kept = { "content-type": contentType, etag, location };
      return {
        status: passed.status,
        headers: Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== "")),
        body: await passed.text(),
      };
    };
    const answer = await fault({ method, url, authorization, ifMatch, nth, pass });
    if (answer === undefined) response.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  }
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
