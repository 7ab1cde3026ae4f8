import type { components, operations } from "./schema.d.ts";

// Short names for parts of the generated types, and types of what the OpenAPI document leaves open.

type Schemas = components["schemas"];

export type Session = Schemas["Session"];
export type Endpoint = Schemas["Endpoint"];
export type Credential = Schemas["Credential"];
export type MadeCredential = Schemas["MadeCredential"];
export type Trust = Schemas["Trust"];
export type RestorePoints = Schemas["RestorePoints"];
export type Verification = Schemas["Verification"];
export type ServerLoad = Schemas["ServerLoad"];
export type ServerSetting = Schemas["ServerSetting"];
export type AdministratorSession = Schemas["AdministratorSession"];
export type Change = Schemas["Change"];
export type HistoryEntry = Schemas["HistoryEntry"];
export type TimelineEntry = Schemas["TimelineEntry"];
export type Reference = Schemas["Reference"];
export type Finding = Schemas["Finding"];
export type BackupStatus = Schemas["BackupStatus"];
export type StatisticsBucket = Schemas["StatisticsBucket"];
export type ListResponse = Schemas["ListResponse"];
export type Client = Schemas["ClientHealth"];
export type ServerVersion = Answer<"getVersion">;
export type TriedToken = Answer<"postEndpointsNameTrustsTry">;
export type ExchangeQuery = NonNullable<operations["getExchanges"]["parameters"]["query"]>;

type Answer<Name extends keyof operations> = operations[Name] extends {
  responses: { 200: { content: { "application/json": infer Body } } };
}
  ? Body
  : never;

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [name: string]: Json };

export type ScimResource = JsonObject & { readonly id: string };

export type NamedChange = {
  readonly path: string;
  readonly name?: string;
  readonly before?: string | null;
  readonly after?: string | null;
};

export type Remedy = {
  readonly where: "identity-provider" | "endpoint" | "server";
  readonly text: string;
  readonly setting?: string | null;
};

export type Diagnosis = {
  /** `uniqueness`, `authentication.expiry`, `gone`. */
  readonly code: string;
  readonly sent: string;
  readonly rule: { readonly section?: string | null; readonly text: string };
  readonly why: string;
  readonly remedies: readonly Remedy[];
  /** Kind of the finding that says the same. */
  readonly coveredBy?: string;
  readonly retry: { readonly will: "yes" | "no" | "unknown"; readonly text: string };
};

export type FailedCheck = {
  readonly check: string;
  readonly expected: string;
  readonly received: string;
  readonly remedy: string;
};

/** Members exist only where there is something to say. */
export type ExchangeDetails = {
  readonly evidence?: readonly string[];
  readonly notes?: readonly { readonly code: string; readonly [member: string]: Json }[];
  /** What administration changed. */
  readonly changes?: readonly NamedChange[];
  readonly authentication?: FailedCheck;
  readonly diagnosis?: Diagnosis;
  /** About a body that was not recorded as it was. */
  readonly requestNote?: string;
  readonly responseNote?: string;
};

export type ExchangeSummary = Omit<Schemas["ExchangeSummary"], "details"> & { readonly details: ExchangeDetails };
/** Exchanges with the same outcome, client and resource, by their newest. */
export type FeedEntry = ExchangeSummary & {
  /** Absent where each exchange is an entry. */
  readonly repeats?: NonNullable<Schemas["FoundExchange"]["repeats"]>;
};
export type Exchange = Omit<Schemas["Exchange"], "details"> & { readonly details: ExchangeDetails };
export type Message = Exchange["request"];
