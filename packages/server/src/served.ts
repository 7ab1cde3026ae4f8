import { knownSecrets, openAccess, replacedSecretsWarnings, type Secrets } from "./access.ts";
import type { Config } from "./config.ts";
import { finishDeletions } from "./endpoint/administration.ts";
import { RequestRates } from "./endpoint/request-rates.ts";
import type { Access, Served } from "./http/serving.ts";
import { openRecorder, type Recorder } from "./monitor/recorder/recorder.ts";
import { startRetention } from "./monitor/retention/retention.ts";
import type { ReplicaListener } from "./store/replicas.ts";
import { type Store, StoreUnavailable } from "./store/store.ts";

/**
 * Prepares an open database for requests: ensures the default endpoint and its secrets, and starts recording and
 * retention. Unfinished deletions of endpoints continue in the background.
 * @param tell prints a line for people
 * @param hasRoom whether the disk has space for records
 */
export async function openServed(
  store: Store,
  config: Config,
  tell: (level: "warn", line: string, about: "server") => void,
  hasRoom = () => true,
): Promise<Served & { readonly secrets: Secrets }> {
  const log = (level: "warn", line: string) => tell(level, line, "server");
  const access = await store.replicas.oneAtATime(() => openAccess(store, config));
  const directory = { store, now: Date.now };
  finishDeletions({ store, endpoints: access.endpoints, now: Date.now })
    .then(() => access.authenticator.refresh())
    .catch((error: Error) => {
      // The database was closed; the next start continues.
      if (error instanceof StoreUnavailable) return;
      log("warn", `Could not finish deleting an endpoint: ${error.message} The next start continues.`);
    });
  const recorder = await openRecorder({
    store,
    recording: config.recording,
    knownSecrets: knownSecrets(access.secrets, config),
    hasRoom,
    log,
  });
  const requestRates = new RequestRates(store.replicas);
  const { guessLimiter } = access.authenticator;
  guessLimiter.onWrong = (address) => store.replicas.tell({ kind: "wrongSecret", address });
  let warnings: readonly string[] = [];
  const onAccessRead = () => {
    const known = warnings;
    warnings = replacedSecretsWarnings(access.authenticator, config);
    for (const warning of warnings) if (!known.includes(warning)) log("warn", warning);
  };
  store.replicas.listen(listenerFor({ ...access, store, recorder, requestRates, onAccessRead }));
  const retention = startRetention({ ...access, store, recorder, now: Date.now, log });
  return {
    ...access,
    directory,
    recorder,
    requestRates,
    close: async () => {
      await retention.stop();
      await access.authenticator.close();
      await recorder.close();
    },
    abandon: () => {
      recorder.abandon();
      retention.stop().catch(() => undefined);
    },
  };
}

type Heard = Access & {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly requestRates: RequestRates;
  readonly onAccessRead: () => void;
};

/** Follows what other processes change. */
function listenerFor({
  store,
  endpoints,
  authenticator,
  recorder,
  requestRates,
  onAccessRead,
}: Heard): ReplicaListener {
  return {
    onAccessChanged: async () => {
      await endpoints.reload(store);
      await authenticator.refresh();
      onAccessRead();
    },
    onRecorded: () => recorder.announce(),
    onMessage: (message) => {
      if (message.kind === "wrongSecret") authenticator.guessLimiter.countWrong(message.address);
      else requestRates.spend(endpoints.withKey(message.endpoint), message.count);
    },
  };
}
