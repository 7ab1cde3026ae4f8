import type { Json, QueryParameters, Reason, ResourceModel, ScimType } from "@scimtool/scim";
import type { FailedCheck } from "../../auth/decision.ts";
import type { BulkAnswer } from "../../directory/bulk/bulk.ts";
import type { Sent, Subject, Timing, Written } from "../../directory/context.ts";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import type { FoundResource, ListedResource } from "../../store/store.ts";
import type { Recognition } from "../dialect/recognise.ts";
import type { Administered, Discovered, TokenIssued } from "../exchange-facts.ts";

/** An exchange as it is handed over when it has been answered. Nothing of it is worked out that can wait. */
export type Answered = {
  /** Given by the recorder. */
  readonly id: number;
  /** When the request came, in milliseconds since 1970. */
  readonly atMs: number;
  readonly place: AnsweredPlace;
  readonly method: string;
  /** Path and query, as they came. */
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
  /** undefined where there was none, or it was not read. */
  readonly requestBody: Buffer | undefined;
  readonly requestJson: Json | undefined;
  readonly responseHeaders: Readonly<Record<string, number | string | readonly string[] | undefined>>;
  /** Of a long one, the beginning. */
  readonly responseBody: string | Buffer;
  /** How long it was. */
  readonly responseBytes: number;
  /** Who sent it, where that was asked for already. */
  readonly recognition: Recognition | undefined;
  readonly happened: Happened;
};

/** In the place of a method that could not be read. */
export const UNREAD_METHOD = "?";

/** The endpoint and the credential of an exchange. */
export type AnsweredPlace = {
  /** undefined where there is none that the request could be for. */
  readonly endpoint: ServedEndpoint | undefined;
  /** The part of the path that is the endpoint's own: what is told is below it. */
  readonly basePath: string;
  /** The accepted credential. */
  readonly credential: AnsweredCredential | undefined;
  /** The check that failed. */
  readonly failed: FailedCheck | undefined;
  /** Whether an administrator sent it. */
  readonly isManual: boolean;
};

export type AnsweredCredential = {
  /** Which one, among all. */
  readonly identity: string;
  /** What it is called here. */
  readonly label: string;
};

/** What came of a request, as the protocol knows it. */
export type Happened =
  | { readonly kind: "written"; readonly subject: Subject; readonly written: Written; readonly sent: Sent }
  | { readonly kind: "read"; readonly model: ResourceModel; readonly stored: FoundResource }
  | SearchedPage
  | ({ readonly kind: "discovered" } & Omit<Discovered, "kind">)
  | { readonly kind: "bulk"; readonly answers: readonly BulkAnswer[] }
  | ({ readonly kind: "token" } & Omit<TokenIssued, "kind">)
  | Administered
  | { readonly kind: "refused"; readonly error: Refusal };

/** A query's answer, with the resource where it is all that was found. */
export type SearchedPage = {
  readonly kind: "searched";
  /** undefined: all types. */
  readonly model: ResourceModel | undefined;
  readonly parameters: QueryParameters;
  readonly total: number;
  readonly returned: number;
  readonly only: { readonly type: string; readonly stored: ListedResource } | undefined;
};

/** What a request was refused with: a ScimError, or of a token endpoint its like. */
export type Refusal = {
  readonly status: number;
  readonly message: string;
  readonly scimType?: ScimType | undefined;
  /** Which check failed, where it was no token that was looked at. */
  readonly failed?: FailedCheck;
  /** Why, for programs. */
  readonly reason?: Reason | undefined;
};
