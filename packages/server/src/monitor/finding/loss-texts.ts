import { type FindingTexts, RESTORE } from "./finding-text.ts";

export const LOSS_TEXTS = {
  "loss.emptied": {
    severity: "error",
    sentence: "{actor} removed {all} {things} from {resource}",
    reason: [
      "The request replaced the whole list and contained no values for it.",
      "Removed: {lost}.",
      "A client that cannot read the list may assume that it is empty.",
    ],
    remedies: [
      RESTORE,
      {
        where: "identity-provider",
        text: "If {provider} should not manage this list, remove it from {mapping}. Otherwise have it add and remove single values (op add, op remove).",
      },
    ],
    example: {
      actor: "Okta",
      all: "all 3",
      things: "members",
      resource: "Finance",
      lost: "Alice Young, Bob and Carol Diaz",
    },
  },
  "loss.bare-value": {
    severity: "warning",
    sentence: "{actor} replaced the {things} of {resource} with a single value",
    reason: [
      "The request sent {where} as a single value: {received}.",
      "A multi-valued attribute is a list of objects with value, type and primary (RFC 7643 §2.4). Lost: {lost}.",
    ],
    remedies: [
      RESTORE,
      { where: "identity-provider", text: 'In {mapping}, use {where}[type eq "work"].value as the target attribute.' },
    ],
    example: {
      actor: '"HR script"',
      things: "e-mail addresses",
      resource: "Alice Young",
      where: "emails",
      received: "alice@example.com",
      lost: "a.young@example.com",
    },
  },
  "loss.shortened": {
    severity: "warning",
    sentence: "{actor} removed {count} of {before} {things} from {resource}",
    reason: ["The request replaced the whole list with a shorter one.", "Removed: {lost}."],
    remedies: [
      RESTORE,
      {
        where: "identity-provider",
        text: "If {provider} should not manage this list, remove it from {mapping}. If the removed values should stay, have it add and remove single values (op add, op remove) instead of sending the whole list.",
      },
    ],
    example: {
      actor: "Okta",
      count: 2,
      before: 5,
      things: "members",
      resource: "Finance",
      lost: "Alice Young and Bob",
    },
  },
  "loss.active": {
    severity: "warning",
    sentence: "{actor} cleared the active attribute of {resource}, who was {state}",
    reason: [
      "Without a value, active is neither true nor false: each program decides for itself whether {resource} may sign in.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "In {mapping}, map active to an expression that always gives true or false: {trueOrFalse}.",
      },
      {
        where: "identity-provider",
        text: "Have {provider} always send active as true or false, never as null.{general}",
      },
      RESTORE,
    ],
    example: { actor: "Entra ID", resource: "Alice Young", state: "active" },
  },
  "loss.cleared": {
    severity: "warning",
    sentence: "{actor} cleared {attributes} of {resource}",
    reason: [
      "PUT replaces the whole resource: attributes that it leaves out or sends empty are cleared (RFC 7644 §3.5.1).",
      "Cleared: {lost}.",
    ],
    remedies: [
      RESTORE,
      {
        where: "identity-provider",
        text: "In {provider}, add {attributes} to {mapping}, or use PATCH for updates: it leaves other attributes unchanged.",
      },
    ],
    example: {
      actor: "Okta",
      attributes: "the title and department",
      resource: "Alice Young",
      lost: "title (it was Lead), department (it was Sales)",
    },
  },
} as const satisfies FindingTexts;
