import type { Json } from "@scimtool/scim";
import type { FindingRemedy, Severity } from "../../store/exchange.ts";

/** What `{name}` in a text stands for. An empty one is a condition: texts with it are left out where it is unknown. */
export type Values = { readonly [name: string]: string | number | undefined };

/**
 * The words of a kind of findings. `{provider}` and the words of `ProviderWords`, such as `{mapping}` and `{restart}`,
 * are those of the client that sent the request.
 */
export type FindingText = {
  /** An `error` needs somebody, a `warning` may. */
  readonly severity: Severity;
  readonly sentence: string;
  /** Sentences; one with an unknown value is left out, as are remedies. */
  readonly reason: readonly string[];
  /** The most likely one first. */
  readonly remedies: readonly RemedyText[];
  /** Without the words of the identity provider, which every finding knows. */
  readonly example: Values;
};

/** Texts by kind, the most harmful first. */
export type FindingTexts = { readonly [kind: string]: FindingText };

export type RemedyText = Pick<FindingRemedy, "where" | "text"> & {
  /** `restore` needs the versions; in the others, `{name}` stands for a value. */
  readonly action?:
    | "restore"
    | { readonly kind: "setting"; readonly setting: string; readonly value?: Json }
    | { readonly kind: "resource"; readonly type: string; readonly id: string }
    | { readonly kind: "credentials" };
};

export const RESTORE: RemedyText = {
  where: "server",
  text: "To undo the change, restore the previous version.",
  action: "restore",
};

export const SEE_OTHER: RemedyText = {
  where: "server",
  text: "Compare with {other}.",
  action: { kind: "resource", type: "{otherType}", id: "{otherId}" },
};
