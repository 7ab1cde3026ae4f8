import type { Json, QueryParameters, Reason, ResourceModel, ScimType } from "@scimtool/scim";
import type { FailedCheck } from "../../auth/decision.ts";
import type { BulkAnswer } from "../../directory/bulk/bulk.ts";
import type { Sent, Subject, Timing, Written } from "../../directory/context.ts";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import type { FoundResource, ListedResource } from "../../store/store.ts";
import type { Recognition } from "../dialect/recognise.ts";
import type { Administered, Discovered, TokenIssued } from "../exchange-facts.ts";

/** An exchange at the time of its response. Everything that can wait is computed later. */
export type Answered = {
  /** Assigned by the recorder. */
  readonly id: number;
  /** When the request arrived, in milliseconds since 1970. */
  readonly atMs: number;
  readonly place: AnsweredPlace;
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  readonly status: number;
  readonly durationMs: number;
  readonly timing: Timing;
  readonly durableMs: number;
  readonly clientAddress: string;
  readonly requestId: string;
  readonly userAgent: string | undefined;
  /** As `rawHeaders` of node:http. */
  readonly requestHeaders: readonly string[];
  /** undefined if there was none, or it was not read. */
  readonly requestBody: Buffer | undefined;
  readonly requestJson: Json | undefined;
  readonly responseHeaders: Readonly<Record<string, number | string | readonly string[] | undefined>>;
  /** The beginning, if it is long. */
  readonly responseBody: string | Buffer;
  /** Its whole length. */
  readonly responseBytes: number;
  /** Who sent it, if that is known already. */
  readonly recognition: Recognition | undefined;
  readonly happened: Happened;
};

/** Stands for a method that could not be read. */
export const UNREAD_METHOD = "?";

/** The endpoint and the credential of an exchange. */
export type AnsweredPlace = {
  /** undefined if the request was for no endpoint. */
  readonly endpoint: ServedEndpoint | undefined;
  /** The path of the endpoint. Sentences name what is below it. */
  readonly basePath: string;
  /** The accepted credential. */
  readonly credential: AnsweredCredential | undefined;
  /** The check that failed. */
  readonly failed: FailedCheck | undefined;
  /** Whether an administrator sent it. */
  readonly isManual: boolean;
};

type AnsweredCredential = {
  /** Identifies it among all. */
  readonly identity: string;
  /** Its label. */
  readonly label: string;
};

/** The result of a request, as the protocol knows it. */
export type Happened =
  | { readonly kind: "written"; readonly subject: Subject; readonly written: Written; readonly sent: Sent }
  | { readonly kind: "read"; readonly model: ResourceModel; readonly stored: FoundResource }
  | SearchedPage
  | ({ readonly kind: "discovered" } & Omit<Discovered, "kind">)
  | { readonly kind: "bulk"; readonly answers: readonly BulkAnswer[] }
  | ({ readonly kind: "token" } & Omit<TokenIssued, "kind">)
  | Administered
  | { readonly kind: "refused"; readonly error: Refusal };

/** The answer to a query, with the resource if only one was found. */
export type SearchedPage = {
  readonly kind: "searched";
  /** undefined: all types. */
  readonly model: ResourceModel | undefined;
  readonly parameters: QueryParameters;
  readonly total: number;
  readonly returned: number;
  readonly only: { readonly type: string; readonly stored: ListedResource } | undefined;
};

/** The error of a refused request: a ScimError, or its equivalent of a token endpoint. */
export type Refusal = {
  readonly status: number;
  readonly message: string;
  readonly scimType?: ScimType | undefined;
  /** The check that failed, if it was not about a token. */
  readonly failed?: FailedCheck;
  /** The reason, for programs. */
  readonly reason?: Reason | undefined;
};
