import { type FindingTexts, RESTORE } from "./finding-text.ts";

export const VALUE_TEXTS = {
  "value.suspect": {
    severity: "warning",
    sentence: "{actor} gave {resource} values that look wrong: {values}",
    reason: ["{why}", "The values were stored as sent."],
    remedies: [
      { where: "identity-provider", text: "In {mapping}, correct what is mapped to {paths}, or its source." },
      RESTORE,
    ],
    example: {
      actor: '"HR script"',
      resource: "Alice Young",
      values: 'title "undefined"',
      why: 'Programs write "undefined" where a value is missing.',
      paths: "title",
    },
  },
} as const satisfies FindingTexts;
