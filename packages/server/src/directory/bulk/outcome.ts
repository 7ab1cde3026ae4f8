import type { BulkFault, BulkOperation } from "@scimtool/scim";
import type { Sent, Subject, Written } from "../directory.ts";

export type BulkEntry = BulkOperation | BulkFault;

/** What became of one operation. */
export type BulkOutcome = Done | Failed;

export type Done = {
  readonly kind: "done";
  /** The HTTP status that it would have had as a request of its own. */
  readonly status: 200 | 201 | 204;
  /** Of the resource. */
  readonly id: string;
  readonly subject: Subject;
  readonly written: Written;
  readonly sent: Sent;
};

/** It changed nothing. */
export type Failed = {
  readonly kind: "failed";
  /** A refusal, or whatever else was thrown. */
  readonly error: unknown;
};

export function failed(error: unknown): Failed {
  return { kind: "failed", error };
}
