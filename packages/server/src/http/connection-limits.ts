export type ConnectionLimits = {
  /** Open connections. */
  readonly maxConnections: number;
  /** Open connections from one address. A proxy is one address. */
  readonly maxConnectionsPerAddress: number;
  /** How long a client may take to send the headers of a request, and all of it. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How long a client may take to read the next bytes of an answer. */
  readonly sendTimeoutMs: number;
  /** Bodies of requests and answers in memory. */
  readonly maxBufferedBytes: number;
};

export const MEGABYTE = 1_024 * 1_024;

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  maxConnections: 2_000,
  maxConnectionsPerAddress: 1_000,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 60_000,
  sendTimeoutMs: 30_000,
  maxBufferedBytes: 128 * MEGABYTE,
};
