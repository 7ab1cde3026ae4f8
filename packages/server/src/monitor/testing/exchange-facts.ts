import type { Change } from "@scimtool/scim";
import type { Reference } from "../../store/store.ts";
import type { Dialect } from "../dialect/client.ts";
import type { ExchangeFacts, Outcome, Refused, Searched, Written } from "../exchange-facts.ts";

/** 24 November 2026, 08:00 UTC. */
export const EIGHT_O_CLOCK_MS = Date.UTC(2026, 10, 24, 8);

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

export const ALICE: Reference = { type: "User", id: "u1", label: "Alice Young" };
export const BOB: Reference = { type: "User", id: "u2", label: "Bob" };
export const FINANCE: Reference = { type: "Group", id: "g1", label: "Finance" };

/** An exchange with this outcome. */
export function exchangeFacts(
  outcome: Outcome,
  more: Partial<ExchangeFacts> & { readonly dialect?: Dialect } = {},
): ExchangeFacts {
  const { dialect = "entra", ...rest } = more;
  return {
    atMs: EIGHT_O_CLOCK_MS,
    method: "GET",
    path: "/Users",
    query: "",
    status: outcome.kind === "refused" ? outcome.status : 200,
    userAgent: undefined,
    endpoint: "default",
    actor: { label: "provisioning", dialect },
    outcome,
    ...rest,
  };
}

export function written(resource: Reference, more: Partial<Written> = {}): Written {
  return {
    kind: "written",
    action: "modify",
    resource,
    labelBefore: resource.label,
    givenName: undefined,
    changes: [],
    notKept: [],
    notes: [],
    ...more,
  };
}

export function searched(filter: string | undefined, more: Partial<Searched> = {}): Searched {
  return {
    kind: "searched",
    type: "User",
    filter,
    total: 0,
    returned: 0,
    paging: { kind: "index", startIndex: 1, count: undefined },
    only: undefined,
    ...more,
  };
}

export function refused(status: number, detail: string, more: Partial<Refused> = {}): Refused {
  return {
    kind: "refused",
    status,
    scimType: undefined,
    detail,
    reason: undefined,
    failed: undefined,
    attempted: { action: "other", type: undefined, id: undefined, name: undefined },
    conflict: undefined,
    former: undefined,
    ...more,
  };
}

/** The change of one attribute; undefined is unassigned. */
export function attribute(path: string, before: unknown, after: unknown): Change {
  const sides = { ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
  return { kind: "attribute", path, ...sides } as Change;
}
