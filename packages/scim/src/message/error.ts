import type { JsonObject } from "../json.ts";

/** The detail error keywords of RFC 7644 §3.12, Table 9, and of RFC 9865 §2.1. */
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

/** A refusal that the client is told of in SCIM form (RFC 7644 §3.12). `detail` says what to do next. */
export class ScimError extends Error {
  override readonly name = "ScimError";
  readonly status: number;
  readonly scimType: ScimType | undefined;
  /** HTTP headers that belong to the refusal, such as `Allow` or `WWW-Authenticate`. */
  readonly headers: Readonly<Record<string, string>>;

  /**
   * @param status HTTP status code, 400–599
   * @param detail for people: what is wrong and what to do about it
   */
  constructor(
    status: number,
    detail: string,
    options: { scimType?: ScimType; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.scimType = options.scimType;
    this.headers = options.headers ?? {};
  }

  get detail(): string {
    return this.message;
  }

  /** The response body of RFC 7644 §3.12. The status is a string there. */
  toJSON(): JsonObject {
    return {
      schemas: [ERROR_SCHEMA],
      ...(this.scimType === undefined ? {} : { scimType: this.scimType }),
      detail: this.message,
      status: String(this.status),
    };
  }
}

/** A 400 with one of the keywords of RFC 7644 §3.12. */
export function badRequest(scimType: ScimType, detail: string): ScimError {
  return new ScimError(400, detail, { scimType });
}
