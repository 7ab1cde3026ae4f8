import type { Authority } from "../auth/authority.ts";
import type { Directory } from "../directory/directory.ts";
import type { Endpoints } from "../endpoint/endpoints.ts";
import type { Recorder } from "../monitor/recorder/recorder.ts";

/** Who may come in, and to what. */
export type Access = { readonly endpoints: Endpoints; readonly authority: Authority };

/** An open database, and who may come in. */
export type Served = Access & {
  readonly directory: Directory;
  /** Keeps what is answered. */
  readonly recorder: Recorder;
  /** Writes what there is still to be written, before the database is closed. */
  readonly close: () => Promise<void>;
  /** The database is another instance's: nothing more may be written. */
  readonly abandon: () => void;
};

/** What a container platform is told; those that begin with "ready" may be sent requests. */
export type Readiness = "ready" | "ready (standby)" | "starting" | "fenced" | "shutting down";

/**
 * What is served at the moment: where another instance may have the database, that begins and ends while the server
 * listens.
 */
export type Serving = {
  /** undefined while no database is open here. Looked at for each request, so it is a property and nothing more. */
  readonly current: Served | undefined;
  /** Who may come in, as far as it is known, whether or not a database is open; undefined before anything is. */
  readonly access: Access | undefined;
  /**
   * Has a database opened for a request that comes while there is none.
   * @param check throws when the request may not come in, by what is known of who may: only others can have it opened
   * @throws what `check` throws; Unavailable
   */
  readonly admit: (check: (access: Access) => Promise<void>) => Promise<Served>;
  readonly readiness: () => Readiness;
};
