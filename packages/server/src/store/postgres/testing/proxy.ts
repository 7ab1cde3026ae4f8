import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Stands between a store and its database, and cuts connections. */
export type DatabaseProxy = {
  readonly url: string;
  /** Cuts a connection when it sends a text; `isPassedOn` says whether the database still gets it. Once. */
  readonly cutAt: (text: string, isPassedOn: boolean) => void;
  /** Cuts all connections. While it is down, new ones are cut at once. */
  readonly cutAll: () => void;
  /** Sends new connections to another server. */
  readonly pointTo: (databaseUrl: string) => void;
  isDown: boolean;
  readonly cuts: () => number;
  readonly close: () => Promise<void>;
};

export async function startProxy(databaseUrl: string): Promise<DatabaseProxy> {
  let target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let cut: { readonly text: string; readonly isPassedOn: boolean } | undefined;
  let cuts = 0;
  const server = createServer((client) => {
    if (proxy.isDown) {
      client.destroy();
      return;
    }
    const database = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    database.on("data", (bytes) => client.write(bytes));
    client.on("data", (bytes) => {
      if (cut === undefined || !bytes.includes(cut.text)) {
        database.write(bytes);
        return;
      }
      const { isPassedOn } = cut;
      cut = undefined;
      cuts++;
      // What the database answers does not arrive.
      database.removeAllListeners("data").resume();
      client.destroy();
      if (isPassedOn) database.end(bytes);
      else database.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: DatabaseProxy = {
    url: url.href,
    cutAt: (text, isPassedOn) => {
      cut = { text, isPassedOn };
    },
    cutAll,
    pointTo: (other) => {
      target = new URL(other);
    },
    isDown: false,
    cuts: () => cuts,
    close: async () => {
      cutAll();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;
}
