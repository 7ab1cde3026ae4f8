import pg from "pg";
import { ACCESS_CHANNEL } from "./migrations/notifications.ts";

export type Listening = {
  /** Endpoints, credentials or trusts may have changed. */
  readonly onAccessChanged: () => Promise<void>;
  readonly log: (line: string) => void;
};

const RECONNECT_MS = 1_000;

/**
 * Listens for changes that other replicas commit, on a connection of its own. After a lost connection everything may
 * have changed. @returns stops it
 */
export async function listen(url: string, { onAccessChanged, log }: Listening): Promise<() => Promise<void>> {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const changed = () => {
    onAccessChanged().catch((error: Error) => log(`Could not read changed settings: ${error.message}`));
  };
  const retry = () => {
    client = undefined;
    if (isStopped) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      connect().then(changed, retry);
    }, RECONNECT_MS);
  };
  const connect = async () => {
    const made = new pg.Client({ connectionString: url, application_name: "scimtool listener", keepAlive: true });
    made.on("error", retry);
    made.on("end", retry);
    made.on("notification", changed);
    await made.connect();
    await made.query(`LISTEN ${ACCESS_CHANNEL}`);
    client = made;
  };
  await connect();
  changed();
  return async () => {
    isStopped = true;
    clearTimeout(timer);
    await client?.end();
  };
}
