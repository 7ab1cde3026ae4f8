import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Stands between a store and its database, and cuts or freezes connections. */
export type DatabaseProxy = {
  readonly url: string;
  /** Cuts a connection when it sends a text; `isPassedOn` says whether the database still gets it. Once. */
  readonly cutAt: (text: string, isPassedOn: boolean) => void;
  /** Cuts all connections. While it is down, new ones are cut at once. */
  readonly cutAll: () => void;
  /** Sends new connections to another server. */
  readonly pointTo: (databaseUrl: string) => void;
  /** Passes nothing on any more, but closes nothing. New connections get no answer either, if `isForNew`. */
  readonly freeze: (isForNew: boolean) => void;
  /** Freezes everything when a connection sends a text; `isPassedOn` says whether the database gets it at once. Once. */
  readonly freezeAt: (text: string, isPassedOn: boolean) => void;
  /** Passes on what was held back. */
  readonly thaw: () => void;
  /** Open connections to the database. */
  readonly connections: () => number;
  isDown: boolean;
  readonly cuts: () => number;
  readonly close: () => Promise<void>;
};

type Trigger = { readonly text: string; readonly isPassedOn: boolean };

export async function startProxy(databaseUrl: string): Promise<DatabaseProxy> {
  let target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const unanswered = new Set<Socket>();
  let cut: Trigger | undefined;
  let freezing: Trigger | undefined;
  let isFrozen = false;
  let cuts = 0;
  const pass = (client: Socket) => {
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
      if (freezing !== undefined && bytes.includes(freezing.text)) {
        const { isPassedOn } = freezing;
        freezing = undefined;
        proxy.freeze(true);
        if (isPassedOn) database.write(bytes);
        else client.unshift(bytes);
        return;
      }
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
  };
  const server = createServer((client) => {
    if (proxy.isDown) client.destroy();
    else if (isFrozen) unanswered.add(client.on("error", () => undefined));
    else pass(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  const cutAll = () => {
    for (const socket of [...sockets, ...unanswered]) socket.destroy();
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
    freeze: (isForNew) => {
      isFrozen = isForNew;
      for (const socket of sockets) socket.pause();
    },
    freezeAt: (text, isPassedOn) => {
      freezing = { text, isPassedOn };
    },
    thaw: () => {
      isFrozen = false;
      freezing = undefined;
      for (const socket of sockets) socket.resume();
      for (const client of unanswered) pass(client);
      unanswered.clear();
    },
    connections: () => sockets.size / 2,
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
