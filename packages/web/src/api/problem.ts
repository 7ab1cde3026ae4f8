/** Statuses that mean the server, or a proxy in front of it, cannot answer now. */
const OUTAGE_STATUSES = new Set([0, 502, 503, 504]);

/** A refusal, or no answer at all. The message says what to do. */
export class Problem extends Error {
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** Seconds. */
  readonly retryAfter: number | undefined;
  /** Whether it ended the session, which the page reports itself. */
  readonly endsSession: boolean;

  constructor(status: number, detail: string, more: { retryAfter?: number | undefined; endsSession?: boolean } = {}) {
    super(detail);
    this.status = status;
    this.retryAfter = more.retryAfter;
    this.endsSession = more.endsSession ?? false;
  }

  /** The page reports an outage once, at its top. */
  get isOutage(): boolean {
    return OUTAGE_STATUSES.has(this.status);
  }
}

export const NO_ANSWER = "The server isn't responding. Check that it is running and reachable.";

export const OTHER_ANSWER = "Something other than this server answered. Check the proxy between it and this browser.";

/** Reads problem details (RFC 9457) and SCIM errors (RFC 7644 §3.12): both have a `detail`. */
export async function problemOf(response: Response, endsSession: boolean): Promise<Problem> {
  const body: unknown = await response.json().catch(() => undefined);
  const detail = typeof body === "object" && body !== null && "detail" in body ? body.detail : undefined;
  const text =
    typeof detail === "string" ? detail : `The server answered ${`${response.status} ${response.statusText}`.trim()}.`;
  const seconds = Number(response.headers.get("retry-after"));
  return new Problem(response.status, text, { endsSession, retryAfter: seconds > 0 ? seconds : undefined });
}

/** The message of any error, for people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether a view should stay quiet about an error, because the page reports it elsewhere. */
export function isReportedElsewhere(error: unknown): boolean {
  return error instanceof Problem && (error.isOutage || error.endsSession);
}
