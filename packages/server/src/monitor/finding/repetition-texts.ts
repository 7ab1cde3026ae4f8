import { type FindingTexts, RESTORE, SEE_OTHER } from "./finding-text.ts";

export const REPETITION_TEXTS = {
  "repetition.shared-token": {
    severity: "error",
    sentence: "{first} and {second} use the same credential {label}",
    reason: [
      "{first} used it on {at}, {second} now.",
      "The credential does not show which of them sent a request, and revoking it stops both.",
    ],
    remedies: [
      {
        where: "server",
        text: "Create a separate token, and enter it in {provider}: {secret}.{vendor}",
        action: { kind: "credentials" },
      },
      {
        where: "server",
        text: "Create a separate token for this client, or better a separate endpoint where it can do no harm.{tool}",
        action: { kind: "credentials" },
      },
    ],
    example: {
      first: "Okta",
      second: "Entra ID",
      label: '"provisioning"',
      vendor: "",
      at: "24 November 2026, 08:00 UTC",
    },
  },
  "repetition.flip-flop": {
    severity: "error",
    sentence: "The {name} of {resource} changes back and forth between {held} and {value}",
    reason: [
      "The last changes were: {changes}.",
      "The clients have different values and overwrite each other.{several}",
      "One client sends both values in turn.{single}",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "Let only one of {clients} manage the {name}: remove it from the attribute mappings of the others.{several}",
      },
      { where: "identity-provider", text: "In {mapping}, look for two rows with the target attribute {path}.{single}" },
    ],
    example: {
      name: "department",
      path: "department",
      resource: "Alice Young",
      held: "Sales",
      value: "Retail",
      changes: "Okta to Retail, Entra ID to Sales, Okta to Retail",
      clients: "Entra ID and Okta",
      several: "",
    },
  },
  "repetition.undone": {
    severity: "warning",
    sentence: "{actor} set the {name} of {resource} back to {value}, undoing a change by {other}",
    reason: [
      "{other} had changed it from {value} to {held} on {at}.",
      "PUT sends the whole resource: a copy that was read before the change has the old value.{copy}",
      "Two clients manage the attribute, so the next cycle of {other} may change it again.{both}",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "Have the client of the PUT send only what changed (PATCH), or `If-Match` with the ETag that it read: an outdated copy is then refused with 412.{copy}",
      },
      {
        where: "identity-provider",
        text: "Let only one of {actor} and {other} manage the {name}: remove it from the attribute mapping of the other.",
      },
      RESTORE,
    ],
    example: {
      actor: '"HR script"',
      name: "title",
      resource: "Alice Young",
      other: "Okta",
      value: "Cook",
      held: "Chef",
      at: "24 November 2026, 08:00 UTC",
      copy: "",
    },
  },
  "repetition.create": {
    severity: "warning",
    sentence: "{actor} repeated the request that created {other}",
    reason: [
      "The first one created {other} on {at}. Since {other} exists, this one was refused.",
      "It was repeated {times}.",
      "Either the client did not get the first answer, or it does not search before it creates.",
      "If the client searched for {other} before this request and found nothing, it searches by another attribute. If it did not search, and the first answer took long, that answer was lost.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "If the answer was lost, there is nothing to do: the next search finds {other}. Otherwise set {matching} to {path}.",
      },
      SEE_OTHER,
    ],
    example: {
      actor: "Entra ID",
      other: "Alice Young",
      otherType: "User",
      otherId: "2819c223",
      path: "userName",
      at: "24 November 2026, 08:00 UTC",
      times: "2 times",
    },
  },
  "repetition.write": {
    severity: "notice",
    sentence: "{actor} repeated a change of {resource}",
    reason: [
      "The same request was answered {status} on {at}. This time it changed nothing.",
      "Either that answer was lost, or the client does not compare before it writes.",
      "A client that does not compare repeats it in every cycle.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "If it comes in every cycle, check in {mapping} whether {provider} can read back what it writes.",
      },
    ],
    example: { actor: "Entra ID", resource: "Alice Young", status: 200, at: "24 November 2026, 08:00 UTC" },
  },
} as const satisfies FindingTexts;
