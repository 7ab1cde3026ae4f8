import type { JsonObject } from "../json.ts";
import type { Reason } from "./reason.ts";

/** The scimTypes of RFC 7644 §3.12, Table 9, and of RFC 9865 §2.1. */
export type ScimType =
  | "invalidFilter"
  | "tooMany"
  | "uniqueness"
  | "mutability"
  | "invalidSyntax"
  | "invalidPath"
  | "noTarget"
  | "invalidValue"
  | "invalidVers"
  | "sensitive"
  | "invalidCursor"
  | "expiredCursor"
  | "invalidCount";

export const ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error";

/** A rejected request, reported in SCIM form (RFC 7644 §3.12). */
export class ScimError extends Error {
  override readonly name = "ScimError";
  readonly status: number;
  readonly scimType: ScimType | undefined;
  /** For programs. Errors of the administration API have none. */
  readonly reason: Reason | undefined;
  /** HTTP headers of the response, such as `Allow` or `WWW-Authenticate`. */
  readonly headers: Readonly<Record<string, string>>;

  /**
   * @param status HTTP status code, 400–599
   * @param detail for people: what is wrong and how to fix it. No code may depend on its wording.
   */
  constructor(
    status: number,
    detail: string,
    options: {
      readonly scimType?: ScimType | undefined;
      readonly reason?: Reason | undefined;
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.scimType = options.scimType;
    this.reason = options.reason;
    this.headers = options.headers ?? {};
  }

  get detail(): string {
    return this.message;
  }

  /** The response body of RFC 7644 §3.12, where the status is a string. */
  toJSON(): JsonObject {
    return {
      schemas: [ERROR_SCHEMA],
      ...(this.scimType === undefined ? {} : { scimType: this.scimType }),
      detail: this.message,
      status: String(this.status),
    };
  }
}

export function badRequest(scimType: ScimType, reason: Reason, detail: string): ScimError {
  return new ScimError(400, detail, { scimType, reason });
}

export function withScimType(error: ScimError, scimType: ScimType): ScimError {
  return new ScimError(error.status, error.detail, { reason: error.reason, headers: error.headers, scimType });
}

/**
 * Runs a step and prefixes the detail of its errors with the location, unless they have it already.
 * @param where `Operations[2]`, an attribute's path
 */
export function within<T>(where: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof ScimError) || isAt(where, error.detail)) throw error;
    const { status, scimType, reason, headers, detail } = error;
    throw new ScimError(status, `${where}: ${detail}`, { scimType, reason, headers, cause: error });
  }
}

/** Whether a detail begins with this location or one below it: `emails.type: …` is at `emails`. */
function isAt(where: string, detail: string): boolean {
  return detail.startsWith(where) && ":.[ ".includes(detail.charAt(where.length));
}
