import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "../api/client.ts";
import type { Endpoint, Json, JsonObject } from "../api/types.ts";
import { DEFINITIONS } from "./definitions-text.ts";

/** The part of JSON Schema that describes a setting. */
export type SettingSchema = {
  readonly type: "object" | "array" | "string" | "boolean" | "integer" | "number";
  readonly description?: string;
  readonly default?: Json;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SettingSchema>>;
};

/** What can be set, as the server describes it. */
export const settingsGuideQuery = queryOptions({
  queryKey: ["settings-guide"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }) => {
    const { schema, presets } = await dataOf(api.GET("/api/endpoint-settings", { signal }));
    return { schema: schema as unknown as SettingSchema, presets };
  },
});

export type SettingsField = {
  /** In the settings object, with dots. */
  readonly path: string;
  readonly label: string;
  readonly schema: SettingSchema;
  /** Of a choice, by value. */
  readonly options?: Readonly<Record<string, string>>;
};

export type SettingsGroup = { readonly heading: string; readonly fields: readonly SettingsField[] };

/** Labels of settings by path; one without a label is shown by its path. */
const LABELS: Readonly<Record<string, string>> = {
  active: "Active",
  profile: "Profile",
  recreate: "Creating a deactivated user again",
  patchAnswer: "Response to PATCH",
  danglingReferences: "Unknown members and managers",
  requireEtag: "Require If-Match",
  secretAttributes: "Secret attributes",
  "features.patch": "PATCH",
  "features.bulk": "Bulk requests",
  "features.filter": "Filters",
  "features.sort": "Sorting",
  "features.etag": "ETags",
  "features.groups": "Groups",
  "discovery.open": "Discovery without a token",
  "discovery.pagination": "Announce pagination",
  "limits.requestsPerSecond": "Requests per second",
  "limits.concurrentRequests": "Concurrent requests",
  "limits.maxBodyBytes": "Largest body in bytes",
  "limits.maxBulkOperations": "Operations in a bulk request",
  "limits.maxPageSize": "Resources on a page",
  "limits.cursorTimeoutSeconds": "Seconds until a cursor expires",
  "findings.massPercent": "Mass change: percent",
  "findings.massMinimum": "Mass change: people at least",
  "findings.massMinutes": "Mass change: minutes",
  "findings.searchedResources": "Slow filter: resources examined",
  "findings.ratePercent": "Close to a limit: percent",
  "retention.exchanges.maxAgeDays": "Days to keep requests",
  "retention.exchanges.maxCount": "Number of requests to keep",
  "retention.exchanges.maxBytes": "Bytes of requests to keep",
  "retention.history.maxAgeDays": "Days to keep history",
};

const OPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  profile: {
    tolerant: "Tolerant: accept what identity providers send",
    strict: "Strict: reject anything beyond the RFCs",
    interop: "Interop: follow the interoperability draft",
  },
  recreate: { refuse: "Reject with 409", reactivate: "Reactivate the existing user" },
  patchAnswer: { auto: "Automatic", "200": "200 with the resource", "204": "204 without content" },
  danglingReferences: { accept: "Keep", refuse: "Reject" },
  "features.filter": { all: "All", eq: "Only eq" },
};

const HEADINGS: Readonly<Record<string, string>> = {
  features: "Features",
  discovery: "Discovery",
  limits: "Limits",
  findings: "Warnings",
  retention: "Retention",
};

/** All settings in groups, without those that have an editor of their own. */
export function groupsOf({ properties = {} }: SettingSchema): readonly SettingsGroup[] {
  const shown = Object.entries(properties).filter(([name]) => !(DEFINITIONS as readonly string[]).includes(name));
  const single = shown.filter(([, { type }]) => type !== "object");
  const groups = shown.filter(([, { type }]) => type === "object");
  return [
    { heading: "Protocol", fields: single.flatMap(([name, schema]) => fieldsOf(name, schema)) },
    ...groups.map(([name, schema]) => ({ heading: HEADINGS[name] ?? name, fields: fieldsOf(name, schema) })),
  ];
}

function fieldsOf(path: string, schema: SettingSchema): SettingsField[] {
  if (schema.properties !== undefined) {
    return Object.entries(schema.properties).flatMap(([name, below]) => fieldsOf(`${path}.${name}`, below));
  }
  const options = schema.enum && { ...Object.fromEntries(schema.enum.map((word) => [word, word])), ...OPTIONS[path] };
  return [{ path, label: LABELS[path] ?? path, schema, ...(options && { options }) }];
}

/** Texts of settings by path; undefined for the default. */
export type SettingTexts = Readonly<Record<string, string | undefined>>;

/** The settings that differ from the defaults. */
export function textsOf(groups: readonly SettingsGroup[], { settings }: Endpoint): SettingTexts {
  const paths = groups.flatMap(({ fields }) => fields.map(({ path }) => path));
  return Object.fromEntries(paths.map((path) => [path, textOf(valueAt(settings as JsonObject, path))]));
}

/** The changed texts as a JSON Merge Patch (RFC 7396); null restores a default. */
export function mergePatch(groups: readonly SettingsGroup[], before: SettingTexts, after: SettingTexts): JsonObject {
  const patch: Record<string, unknown> = {};
  for (const { path, schema } of groups.flatMap(({ fields }) => fields)) {
    if (after[path] !== before[path]) setAt(patch, path.split("."), parsedValue(schema, after[path]));
  }
  return patch as JsonObject;
}

function parsedValue({ type }: SettingSchema, text: string | undefined): Json {
  if (text === undefined) return null;
  if (type === "boolean") return text === "true";
  if (type === "array") return text.split(/[\s,]+/).filter((word) => word !== "");
  return type === "string" ? text : Number(text);
}

export function valueAt(settings: JsonObject, path: string): Json | undefined {
  return path.split(".").reduce<Json | undefined>((part, name) => (part as JsonObject | undefined)?.[name], settings);
}

/** A setting as its field shows it. */
export function textOf(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  return Array.isArray(value) ? value.join("\n") : String(value);
}

function setAt(target: Record<string, unknown>, [name = "", ...rest]: readonly string[], value: Json): void {
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  target[name] ??= {};
  setAt(target[name] as Record<string, unknown>, rest, value);
}

/** Each setting in an object, with its path. */
export function settingsIn(settings: JsonObject, above = ""): (readonly [path: string, value: Json])[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? settingsIn(value as JsonObject, `${above}${name}.`)
      : [[above + name, value] as const],
  );
}
