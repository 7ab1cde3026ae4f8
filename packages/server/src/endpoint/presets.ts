import type { JsonObject } from "@scimtool/scim";

/** A set of settings for a new endpoint. */
export type Preset = {
  readonly name: string;
  /** For display. */
  readonly label: string;
  readonly description: string;
  readonly settings: JsonObject;
};

/** The first one is the default. */
export const PRESETS: readonly Preset[] = [
  {
    name: "tolerant",
    label: "Daily use",
    description: "For Entra ID, Okta and others: accepts what they send beyond the RFCs.",
    settings: {},
  },
  {
    name: "strict",
    label: "Strict",
    description: "For testing a client against the RFCs: rejects anything beyond them.",
    settings: { profile: "strict" },
  },
  {
    name: "interop",
    label: "Interoperability profile",
    description: "For testing a client against the draft of an interoperability profile.",
    settings: { profile: "interop" },
  },
  {
    name: "users-only",
    label: "Limited application: users only",
    description: "Has no groups.",
    settings: { features: { groups: false } },
  },
  {
    name: "no-patch",
    label: "Limited application: no PATCH",
    description: "Clients must use PUT.",
    settings: { features: { patch: false } },
  },
  {
    name: "equality-filters",
    label: "Limited application: equality filters, no sorting",
    description: "Rejects other filters, and sortBy.",
    settings: { features: { filter: "eq", sort: false } },
  },
  {
    name: "small-pages",
    label: "Limited application: small pages",
    description: "Clients must read lists page by page.",
    settings: { limits: { maxPageSize: 10 } },
  },
  {
    name: "minimal",
    label: "Limited application: the minimum",
    description: "The least that identity providers can work with.",
    settings: {
      features: { filter: "eq", sort: false, bulk: false, etag: false },
      limits: { maxPageSize: 10 },
    },
  },
];
