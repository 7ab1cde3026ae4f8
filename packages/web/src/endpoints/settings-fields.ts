import type { Endpoint, JsonObject } from "../api/types.ts";

/** A setting that the form offers; the others are changed by the API. */
export type SettingsField = {
  /** In the settings object, with dots. */
  readonly path: string;
  readonly label: string;
  readonly hint: string;
  readonly kind: "choice" | "switch" | "number";
  /** Of a choice, by value. */
  readonly options?: Readonly<Record<string, string>>;
};

export type SettingsGroup = { readonly heading: string; readonly fields: readonly SettingsField[] };

export const GROUPS: readonly SettingsGroup[] = [
  {
    heading: "Protocol",
    fields: [
      {
        path: "profile",
        label: "Profile",
        hint: "How closely requests must follow the RFCs.",
        kind: "choice",
        options: {
          tolerant: "Tolerant: accept what identity providers send",
          strict: "Strict: reject anything beyond the RFCs",
          interop: "Interop: follow the interoperability draft",
        },
      },
      {
        path: "recreate",
        label: "Creating a deactivated user again",
        hint: "The response to a POST with the userName of a deactivated user.",
        kind: "choice",
        options: { refuse: "Reject with 409", reactivate: "Reactivate the existing user" },
      },
      {
        path: "patchAnswer",
        label: "Response to PATCH",
        hint: "Automatic: 200 with the resource, and 204 for groups.",
        kind: "choice",
        options: { auto: "Automatic", "200": "200 with the resource", "204": "204 without content" },
      },
      {
        path: "danglingReferences",
        label: "Unknown members and managers",
        hint: "References to resources that do not exist.",
        kind: "choice",
        options: { accept: "Keep", refuse: "Reject" },
      },
      {
        path: "requireEtag",
        label: "Require If-Match",
        hint: "Changes without an entity tag are rejected with 428.",
        kind: "switch",
      },
    ],
  },
  {
    heading: "Limits",
    fields: [
      number("limits.requestsPerSecond", "Requests per second", "More are rejected with 429."),
      number("limits.concurrentRequests", "Concurrent requests", "More are rejected with 429."),
      number("limits.maxBodyBytes", "Largest body in bytes", "Larger ones are rejected with 413."),
      number("limits.maxBulkOperations", "Operations in a bulk request", "More are rejected with 413."),
      number("limits.maxPageSize", "Resources on a page", "Longer pages are shortened."),
    ],
  },
  {
    heading: "Retention",
    fields: [
      number("retention.exchanges.maxAgeDays", "Days to keep requests", "The oldest are removed first."),
      number("retention.exchanges.maxBytes", "Bytes of requests to keep", "Whichever limit is reached first counts."),
      number(
        "retention.history.maxAgeDays",
        "Days to keep history",
        "Versions of users and groups, also of deleted ones.",
      ),
    ],
  },
];

/** What the form shows, by path. */
export function valuesOf({ inForce }: Endpoint): Readonly<Record<string, string>> {
  const fields = GROUPS.flatMap((group) => group.fields);
  return Object.fromEntries(fields.map(({ path }) => [path, textAt(inForce as JsonObject, path)]));
}

/** The changed values as a JSON Merge Patch (RFC 7396). An empty text restores the default. */
export function mergePatch(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): object {
  const patch: Record<string, unknown> = {};
  for (const { path, kind } of GROUPS.flatMap((group) => group.fields)) {
    const text = after[path] ?? "";
    if (text === before[path]) continue;
    const value = text === "" ? null : kind === "number" ? Number(text) : kind === "switch" ? text === "true" : text;
    setAt(patch, path.split("."), value);
  }
  return patch;
}

function number(path: string, label: string, hint: string): SettingsField {
  return { path, label, hint, kind: "number" };
}

function textAt(settings: JsonObject, path: string): string {
  const value = path.split(".").reduce<unknown>((part, name) => (part as JsonObject | undefined)?.[name], settings);
  return value === undefined || value === null ? "" : String(value);
}

function setAt(target: Record<string, unknown>, [name = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  target[name] ??= {};
  setAt(target[name] as Record<string, unknown>, rest, value);
}
