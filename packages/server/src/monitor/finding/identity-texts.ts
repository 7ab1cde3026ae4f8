import { type FindingTexts, RESTORE, SEE_OTHER } from "./finding-text.ts";

export const IDENTITY_TEXTS = {
  "identity.letter-case": {
    severity: "warning",
    sentence: '{actor} sent "{value}", which differs from the userName of {other} only in {difference}',
    reason: [
      '{other} has the userName "{held}".',
      "userName ignores letter case (RFC 7643 §4.1.1), so both are one user here.{isCase}",
      "Unicode can encode the same letter in several ways, such as é as one character or two. Here they are equal, so both are one user.{isEncoding}",
      "Either the client compares userNames case-sensitively, or it has two people whose userNames differ only in letter case.{isCase}",
      "If {provider} shows one person, the letter case changed there. If it shows two, they need different userNames.{isCase}",
    ],
    remedies: [
      { where: "identity-provider", text: "In {mapping}, {lowerCase}.{isCase}" },
      {
        where: "identity-provider",
        text: "In {mapping}, send userName in composed form (NFC). Names of macOS files are decomposed (NFD).{isEncoding}",
      },
      SEE_OTHER,
    ],
    example: {
      difference: "letter case",
      isCase: "",
      actor: "Entra ID",
      value: "Alice@example.com",
      held: "alice@example.com",
      other: "Alice Young",
      otherType: "User",
      otherId: "2819c223",
    },
  },
  "identity.replaced": {
    severity: "warning",
    sentence: "{actor} turned the account of {former} into that of {resource}",
    reason: [
      "One request changed the userName from {held} to {value}, and the externalId from {heldId} to {valueId}.",
      "The ID, groups and history of {former} now belong to {resource}.",
      "Either the request has the ID of the wrong user, or one person got a new userName and a new externalId. To find out, look up both userNames in {provider}.",
    ],
    remedies: [
      RESTORE,
      {
        where: "identity-provider",
        text: "If they are two people, have {provider} create a user for {resource}, and make it forget the old ID: {restart}.",
      },
    ],
    example: {
      actor: '"HR script"',
      former: "Alice Young",
      resource: "Bob",
      held: "alice@example.com",
      value: "bob@example.com",
      heldId: "1001",
      valueId: "1002",
    },
  },
  "identity.recreated": {
    severity: "warning",
    sentence: "{actor} created {resource} again after a deletion by {by} on {at}",
    reason: [
      'Both have the {attribute} "{value}".',
      "The new user has another ID and none of the deleted user's groups.{person}",
      "The new group has another ID, and only the members that were added since then.{group}",
    ],
    remedies: [
      {
        where: "server",
        text: "If the deletion was a mistake, delete the new user and restore the deleted one, with its ID and groups.{person}",
        action: { kind: "resource", type: "User", id: "{formerId}" },
      },
      {
        where: "server",
        text: "If the deletion was a mistake, delete the new group and restore the deleted one, with its ID and members.{group}",
        action: { kind: "resource", type: "Group", id: "{formerId}" },
      },
      {
        where: "identity-provider",
        text: "If two clients manage this person, remove the person from the scope of one of them.{person}",
      },
      {
        where: "identity-provider",
        text: "To rename or refill a group, have {provider} change it instead of deleting and creating it.{group}",
      },
    ],
    example: {
      actor: "Okta",
      resource: "Alice Young",
      by: "Entra ID",
      at: "24 November 2026, 08:00 UTC",
      attribute: "userName",
      value: "alice@example.com",
      formerId: "2819c223",
      person: "",
    },
  },
  "identity.returned": {
    severity: "warning",
    sentence: "{actor} {tried} {other}, whom {by} deactivated on {at}",
    reason: [
      'The deactivated user has the userName "{value}".',
      "The request was refused, because `recreate` is `refuse`.{refused}",
      "The user was reactivated, because `recreate` is `reactivate`.{accepted}",
    ],
    remedies: [
      {
        where: "endpoint",
        text: "If the person came back, set `recreate` to `reactivate`: a create then reactivates the existing user.{refused}",
        action: { kind: "setting", setting: "recreate", value: "reactivate" },
      },
      {
        where: "identity-provider",
        text: "If another client deactivated the person on purpose, remove the person from the scope of {provider}.",
      },
      SEE_OTHER,
    ],
    example: {
      actor: "Okta",
      tried: "tried to create",
      other: "Alice Young",
      otherType: "User",
      otherId: "2819c223",
      by: "Entra ID",
      at: "24 November 2026, 08:00 UTC",
      value: "alice@example.com",
      refused: "",
    },
  },
  "identity.shared": {
    severity: "warning",
    sentence: "{actor} gave {resource} the {name} {value}, which {other} also has",
    reason: ["Two people now share it. A client that matches by {path} may update the wrong one."],
    remedies: [
      {
        where: "identity-provider",
        text: "In {provider}, check which of the two owns it, and what is mapped to {path} in {mapping}.",
      },
      {
        where: "endpoint",
        text: "To refuse such requests, add `{type}:{path}` to `unique`.",
        action: { kind: "setting", setting: "unique" },
      },
      SEE_OTHER,
    ],
    example: {
      actor: "Entra ID",
      resource: "Bob",
      name: "external ID",
      path: "externalId",
      type: "User",
      value: "0a21f0f2",
      other: "Alice Young",
      otherType: "User",
      otherId: "2819c223",
    },
  },
  "identity.moved": {
    severity: "warning",
    sentence: "{actor} gave {resource} the {name} {value}, which {other} had until {at}",
    reason: [
      "Either it was reassigned, or one person has both accounts.",
      "To find out, compare the names and start dates of both in {provider}.",
    ],
    remedies: [
      { where: "identity-provider", text: "If it is one person, delete or merge the second account in {provider}." },
      SEE_OTHER,
    ],
    example: {
      actor: "Entra ID",
      resource: "Bob",
      name: "e-mail address",
      path: "emails.value",
      value: "sales@example.com",
      other: "Alice Young",
      otherType: "User",
      otherId: "2819c223",
      at: "24 November 2026, 08:00 UTC",
    },
  },
  "identity.renumbered": {
    severity: "warning",
    sentence: "{actor} {what} the externalId of {resource} {values}",
    reason: ["A client that matches by externalId no longer finds this user, and may create the person again."],
    remedies: [
      {
        where: "identity-provider",
        text: "If the numbers were changed on purpose, there is nothing to do. Otherwise correct what is mapped to externalId in {mapping}: it should never change.",
      },
      RESTORE,
    ],
    example: { actor: "Okta", resource: "Alice Young", what: "changed", values: "from 00u1 to alice@example.com" },
  },
  "identity.renamed": {
    severity: "notice",
    sentence: "{actor} changed the userName of {resource} from {held} to {value}",
    reason: ["Sign-ins and matching by the old userName no longer find this user."],
    remedies: [
      RESTORE,
      {
        where: "identity-provider",
        text: "If userNames change often, match by an attribute that does not change: set {matching} to externalId.",
      },
    ],
    example: { actor: "Entra ID", resource: "Alice Miller", held: "ayoung@example.com", value: "amiller@example.com" },
  },
} as const satisfies FindingTexts;
