import { once } from "node:events";
import { connect } from "node:net";

/** What came back on a connection until the server ended it or nothing more came. */
export type RawAnswer = { readonly status: number; readonly text: string; readonly body: string };

/** How long a connection may stay silent before it counts as answered. */
const SILENCE_MS = 2_000;

/**
 * Sends bytes on a connection of its own, whether they are HTTP or not.
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
