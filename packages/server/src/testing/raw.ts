import { once } from "node:events";
import { connect } from "node:net";

/** What arrived on a connection until the server closed it or fell silent. */
export type RawAnswer = { readonly status: number; readonly text: string; readonly body: string };

/** After this silence, a response counts as complete. */
const SILENCE_MS = 2_000;

/**
 * Sends bytes on a new connection, which need not be HTTP.
 * @param chunks sent one after the other
 * @param options.end half-closes the connection after the last one
 */
export async function sendRaw(
  port: number,
  chunks: readonly (string | Buffer)[],
  { end = false }: { readonly end?: boolean } = {},
): Promise<RawAnswer> {
  const socket = connect(port, "127.0.0.1");
  const received: Buffer[] = [];
  const closed = once(socket, "close");
  socket.on("data", (bytes: Buffer) => received.push(bytes));
  // The server may close while the rest is still being written.
  socket.on("error", () => undefined);
  socket.setTimeout(SILENCE_MS, () => socket.destroy());
  await once(socket, "connect");
  for (const chunk of chunks) {
    if (!socket.writable) break;
    socket.write(chunk);
  }
  if (end) socket.end();
  await closed;
  const text = Buffer.concat(received).toString("latin1");
  const [head = "", ...rest] = text.split("\r\n\r\n");
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), text, body: rest.join("\r\n\r\n") };
}
