import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a proxy does with a request. */
export type Verdict =
  | "passed"
  /** The connection breaks before the request reaches the server. */
  | "lost"
  /** The request takes effect; the connection breaks before the response. */
  | "unanswered"
  /** There is no response. */
  | "silent"
  /** Rejected with a status and an error code, as by the Blob service. */
  | { readonly status: number; readonly code: string }
  /** The connection breaks after this many bytes of the response. */
  | { readonly cutAfterBytes: number }
  /** The response has only this many bytes, and a matching length. */
  | { readonly shortenedToBytes: number };

/** Longer than a client keeps an idle connection. */
const KEEP_ALIVE_MS = 120_000;

export type Proxy = {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Connections accepted so far, and open now. */
  readonly connections: () => { readonly taken: number; readonly open: number };
  readonly close: () => Promise<void>;
};

/** Listens on the loopback interface and forwards requests to `origin`, except where `decide` decides otherwise. */
export async function startProxy(origin: string, decide: (request: IncomingMessage) => Verdict): Promise<Proxy> {
  let taken = 0;
  let open = 0;
  const server = createServer((request, response) => {
    const verdict = decide(request);
    if (verdict === "lost") request.socket.destroy();
    else if (typeof verdict === "object" && "status" in verdict)
      refuse(request, response, verdict.status, verdict.code);
    else if (verdict !== "silent") pass(request, response, origin, verdict);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on("connection", (socket) => {
    taken++;
    open++;
    socket.on("close", () => open--);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => ({ taken, open }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number, code: string): void {
  request.resume().on("end", () => {
    response.writeHead(status, { "x-ms-error-code": code, "content-type": "application/xml" });
    response.end(request.method === "HEAD" ? "" : `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
  });
}

function pass(
  request: IncomingMessage,
  response: ServerResponse,
  origin: string,
  verdict: Exclude<Verdict, "lost" | "silent" | { status: number }>,
): void {
  const onward = httpRequest(`${origin}${request.url}`, { method: request.method ?? "GET", headers: request.headers });
  onward.on("error", () => request.socket.destroy());
  onward.on("response", async (answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    // These are about the other connection.
    const { connection: _, "keep-alive": __, ...headers } = answer.headers;
    if (verdict === "unanswered") {
      request.socket.destroy();
    } else if (verdict === "passed") {
      response.writeHead(answer.statusCode ?? 500, headers).end(body);
    } else if ("cutAfterBytes" in verdict) {
      response.writeHead(answer.statusCode ?? 500, headers);
      response.write(body.subarray(0, verdict.cutAfterBytes), () => request.socket.destroy());
    } else {
      const length = Math.min(body.length, verdict.shortenedToBytes);
      response.writeHead(answer.statusCode ?? 500, { ...headers, "content-length": length });
      response.end(body.subarray(0, length));
    }
  });
  request.pipe(onward);
}
