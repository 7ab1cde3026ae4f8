import type { ExchangeFacts, Refused } from "../exchange-facts.ts";
import type { Part } from "../words/sentence.ts";
import { plainText } from "../words/values.ts";

/** Why a request was refused and what to do about it, for people. */
export type Diagnosis = Explanation & {
  /** What the client sent, in words. */
  readonly sent: string;
  readonly retry: Retry;
};

/** A refusal explained, whoever sent the request. */
export type Explanation = {
  /** Names the kind of failure: `uniqueness`, `authentication.expiry`, `gone`. */
  readonly code: string;
  /** The reason in a clause, as it stands behind "failed: ". */
  readonly cause: readonly Part[];
  readonly rule: Rule;
  /** One or two sentences. */
  readonly why: string;
  /** What can be changed, the most likely one first. */
  readonly remedies: readonly Remedy[];
};

/** The rule that the request met. */
type Rule = {
  /** `RFC 7644 §3.3`; undefined where no standard has it. */
  readonly section: string | undefined;
  readonly text: string;
};

/** One thing to change. */
export type Remedy = {
  /** Where: at the identity provider, in the endpoint's settings, or on this server. */
  readonly where: "identity-provider" | "endpoint" | "server";
  readonly text: string;
  /** The endpoint's setting that it is about, as in its JSON: `recreate`, `limits.maxBodyBytes`. */
  readonly setting: string | undefined;
};

/** Whether the client sends the request again by itself. */
export type Retry = { readonly will: "yes" | "no" | "unknown"; readonly text: string };

/** The facts of an exchange that explanations use. */
export type Context = Pick<ExchangeFacts, "atMs" | "method" | "path" | "actor" | "endpoint">;

/** Explains one kind of refusals. */
export type Explain = (refused: Refused, context: Context) => Explanation;

export function atProvider(text: string): Remedy {
  return { where: "identity-provider", text, setting: undefined };
}

export function atEndpoint(setting: string, text: string): Remedy {
  return { where: "endpoint", text, setting };
}

export function atServer(text: string): Remedy {
  return { where: "server", text, setting: undefined };
}

/** Characters of the detail that stand in a sentence. */
const MAX_CAUSE_CHARACTERS = 160;

/** The first sentence of the detail, as a clause. Only for people: nothing is concluded from it. */
export function causeOf({ detail }: Refused): string {
  const [first = ""] = /^.*?(?=\.(?: [A-Z]|$)| \(RFC \d)/s.exec(detail) ?? [detail];
  const clause = first.replace(/^(?:The|A|An|This|There|It|One|More|Send|Every|Discovery) /, (word) =>
    word.toLowerCase(),
  );
  return plainText(clause, MAX_CAUSE_CHARACTERS);
}
