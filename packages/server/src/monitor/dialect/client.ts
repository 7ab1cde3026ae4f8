// Clients and their dialects. A vendor may have more than one.

/** How a client writes SCIM. `manual` is an administrator; `rfc-clean` complies with the RFCs and has no sign of its own. */
export type Dialect = (typeof DIALECTS)[number];

const DIALECTS = [
  "entra",
  "entra-flagged",
  "okta",
  "okta-wizard",
  "okta-catalogue",
  "onelogin",
  "jumpcloud",
  "sailpoint",
  "ping",
  "google",
  "scimtool",
  "manual",
  "rfc-clean",
  "unknown",
] as const;

/** The makers of clients. */
type Vendor = "entra" | "okta" | "onelogin" | "jumpcloud" | "sailpoint" | "ping" | "google" | "scimtool" | "manual";

const NAMES: Readonly<Record<Vendor, string>> = {
  entra: "Entra ID",
  okta: "Okta",
  onelogin: "OneLogin",
  jumpcloud: "JumpCloud",
  sailpoint: "SailPoint",
  ping: "Ping Identity",
  google: "Google Workspace",
  scimtool: "SCIMTool",
  manual: "an administrator",
};

/** What distinguishes the dialects of a vendor, for people. */
const VARIANTS: Readonly<Partial<Record<Dialect, string>>> = {
  entra: "default dialect",
  "entra-flagged": "with the flag aadOptscim062020",
  "okta-wizard": "app made with the wizard",
  "okta-catalogue": "catalog app",
};

/** The vendor of a dialect; undefined if many may have it. */
export function vendorOf(dialect: Dialect): Vendor | undefined {
  if (dialect === "rfc-clean" || dialect === "unknown") return undefined;
  if (dialect === "entra-flagged") return "entra";
  return dialect === "okta-wizard" || dialect === "okta-catalogue" ? "okta" : dialect;
}

/** The product by which sentences name a client; undefined if it is unknown. */
export function clientName(dialect: Dialect): string | undefined {
  const vendor = vendorOf(dialect);
  return vendor && NAMES[vendor];
}

/** A dialect in full, for people: "Entra ID (default dialect)". */
export function describeDialect(dialect: Dialect): string {
  if (dialect === "unknown") return "unknown client";
  if (dialect === "rfc-clean") return "RFC-compliant client";
  const variant = VARIANTS[dialect];
  const name = clientName(dialect) ?? dialect;
  return variant === undefined ? name : `${name} (${variant})`;
}

/** The product of a User-Agent: "curl" of "curl/8.5.0". undefined if there is none, and for browsers, which name several. */
export function productOf(userAgent: string): string | undefined {
  const [product = ""] = /^[^/(]*[^/(\s]/.exec(userAgent.trim()) ?? [];
  const name = product.replace(/\s+v?\d[\w.]*$/, "");
  return name === "" || name === "Mozilla" || name.length > MAX_PRODUCT_CHARACTERS ? undefined : name;
}

const MAX_PRODUCT_CHARACTERS = 40;

type ShownClient = {
  readonly dialect: string;
  readonly userAgent?: string;
  readonly credential: string | undefined;
};

/** A client for people: its dialect, or its product or token if the dialect is nobody's. */
export function describeClient({ dialect, userAgent = "", credential }: ShownClient): string {
  const known = dialect as Dialect;
  const own = vendorOf(known) === undefined ? (productOf(userAgent) ?? credential) : undefined;
  return own ?? describeDialect(known);
}

/** The dialects of a vendor by its name, in any letter case: "Entra ID". Other texts name one dialect. */
export function dialectsOf(text: string): string[] {
  const name = text.toLowerCase();
  const found = DIALECTS.filter((dialect) => clientName(dialect)?.toLowerCase() === name);
  return found.length > 0 ? found : [text];
}
