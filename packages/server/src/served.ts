import { openAccess, type Secrets } from "./access.ts";
import type { Config } from "./config.ts";
import { finishDeletions } from "./endpoint/administration.ts";
import type { Served } from "./http/serving.ts";
import { openRecorder } from "./monitor/recorder/recorder.ts";
import { startRetention } from "./monitor/retention/retention.ts";
import { type Store, StoreUnavailable } from "./store/store.ts";

/**
 * Makes an open database ready to be served: sure of what it must hold, and of who may come in. What an earlier process
 * left half done goes on behind the requests.
 * @param tell a line for people, which is not about the backup
 * @param hasRoom whether the disk has room for what is not a change
 */
export async function openServed(
  store: Store,
  config: Config,
  tell: (level: "warn", line: string, about: "server") => void,
  hasRoom = () => true,
): Promise<Served & { readonly secrets: Secrets }> {
  const log = (level: "warn", line: string) => tell(level, line, "server");
  const access = await openAccess(store, config);
  const directory = { store, now: Date.now };
  finishDeletions({ store, endpoints: access.endpoints, now: Date.now })
    .then(() => access.authority.refresh())
    .catch((error: Error) => {
      // Closed meanwhile: the next start goes on with it.
      if (error instanceof StoreUnavailable) return;
      log(
        "warn",
        `A deleted endpoint could not be removed to its end: ${error.message} The next start goes on with it.`,
      );
    });
  const recorder = await openRecorder({ store, recording: config.recording, hasRoom, log });
  const retention = startRetention({ ...access, store, recorder, now: Date.now, log });
  return {
    ...access,
    directory,
    recorder,
    close: async () => {
      await retention.stop();
      await access.authority.close();
      await recorder.close();
    },
    abandon: () => {
      recorder.abandon();
      retention.stop().catch(() => undefined);
    },
  };
}
