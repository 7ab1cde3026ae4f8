import { IDENTITY_TEXTS } from "./identity-texts.ts";
import { ID_TEXTS } from "./ids-texts.ts";
import { LIST_TEXTS } from "./lists-texts.ts";
import { LOSS_TEXTS } from "./loss-texts.ts";
import { MASS_TEXTS } from "./mass-texts.ts";
import { NAME_TEXTS } from "./names-texts.ts";
import { QUERY_TEXTS } from "./query-texts.ts";
import { REFERENCE_TEXTS } from "./references-texts.ts";
import { REPETITION_TEXTS } from "./repetition-texts.ts";
import { REQUEST_TEXTS } from "./request-texts.ts";
import { VALUE_TEXTS } from "./values-texts.ts";

/** Every kind of finding, the most harmful subject first. The texts of the kinds `loss.*` are in `loss-texts.ts`, and so on. */
export const FINDINGS = {
  ...LOSS_TEXTS,
  ...MASS_TEXTS,
  ...IDENTITY_TEXTS,
  ...LIST_TEXTS,
  ...REFERENCE_TEXTS,
  ...NAME_TEXTS,
  ...REPETITION_TEXTS,
  ...ID_TEXTS,
  ...QUERY_TEXTS,
  ...VALUE_TEXTS,
  ...REQUEST_TEXTS,
};

export type FindingKind = keyof typeof FINDINGS;
