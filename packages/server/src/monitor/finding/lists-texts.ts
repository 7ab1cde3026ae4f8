import { type FindingTexts, RESTORE } from "./finding-text.ts";

export const LIST_TEXTS = {
  "list.second": {
    severity: "notice",
    sentence: "{actor} gave {resource} a second {thing} of type {type}",
    reason: ["PATCH add keeps existing values. Now: {values}.", "{primary} is primary now; before, it was {former}."],
    remedies: [
      {
        where: "identity-provider",
        text: 'If only one is right, have {provider} change the value: op replace with the path {path}[type eq "{type}"].value.',
      },
      RESTORE,
    ],
    example: {
      actor: '"HR script"',
      resource: "Alice Young",
      thing: "e-mail",
      type: "work",
      path: "emails",
      values: "alice@example.com and a.young@example.com",
      primary: "a.young@example.com",
      former: "alice@example.com",
    },
  },
  "list.growing": {
    severity: "warning",
    sentence: "{actor} adds {things} to {resource} and removes none: now {count}",
    reason: [
      "PATCH add keeps existing values, so a {thing} that was removed at {provider} stays here. Now: {values}.",
      "{twice} is in the list twice.",
      "There were {additions} additions in a row without a removal.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "Have {provider} remove what no longer applies, or replace {path} with the whole list. Check in {mapping} what it sends when a {thing} is removed.",
      },
      RESTORE,
    ],
    example: {
      actor: "Entra ID",
      resource: "Alice Young",
      things: "roles",
      thing: "role",
      path: "roles",
      count: 3,
      values: "Reader, Editor and Admin",
      additions: 3,
    },
  },
} as const satisfies FindingTexts;
