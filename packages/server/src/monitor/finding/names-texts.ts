import type { FindingTexts, RemedyText } from "./finding-text.ts";

const TOLERATE: RemedyText = {
  where: "endpoint",
  text: "To accept such names, set `profile` to `tolerant`.{strict}",
  action: { kind: "setting", setting: "profile", value: "tolerant" },
};

export const NAME_TEXTS = {
  "name.type": {
    severity: "error",
    sentence: "{actor} sent a {meant} to {path}, which is for {others}",
    reason: [
      "The body has the schema of a {meant} ({schema}).",
      "It was stored as a {wrong}.{accepted}",
      "The request was refused.{refused}",
    ],
    remedies: [
      { where: "identity-provider", text: "Have {provider} send it to {meantPath}." },
      {
        where: "server",
        text: "Delete the new {wrong} {resource}.",
        action: { kind: "resource", type: "{wrong}", id: "{id}" },
      },
    ],
    example: {
      actor: '"HR script"',
      meant: "User",
      path: "/Groups",
      others: "groups",
      schema: "urn:ietf:params:scim:schemas:core:2.0:User",
      wrong: "Group",
      meantPath: "/scim/v2/Users",
      resource: "Alice Young",
      id: "2819c223",
      accepted: "",
    },
  },
  "name.attribute": {
    severity: "warning",
    sentence: "{actor} sent {name}, which this endpoint does not define",
    reason: [
      "{effect}",
      "{resource} is still {state}: only the attribute active changes that, with true or false.",
      "Did you mean {meant}?",
    ],
    remedies: [
      { where: "identity-provider", text: "In {mapping}, change the target attribute {name} to {meant}.{mapped}" },
      { where: "identity-provider", text: "Have {provider} send {meant} instead of {name}.{query}" },
      { where: "identity-provider", text: "In {mapping}, delete the row with the target attribute {name}.{unmapped}" },
      {
        where: "endpoint",
        text: "If it is an attribute of your own, define it in `schemas`.",
        action: { kind: "setting", setting: "schemas" },
      },
      TOLERATE,
    ],
    example: {
      actor: "Entra ID",
      name: "emials",
      effect: "An attribute that no schema defines was stored as sent.",
      mapped: "",
      meant: "emails",
    },
  },
  "name.spelling": {
    severity: "warning",
    sentence: "{actor} sent a {what} that is not in SCIM's notation: {sent}",
    reason: ["{why}", "{effect}", "Did you mean {meant}?"],
    remedies: [{ where: "identity-provider", text: "Have {provider} send the {what} as {meant}." }],
    example: {
      actor: '"HR script"',
      what: "path",
      sent: "/emails/0/value",
      meant: 'emails[type eq "work"].value',
      why: "Lists in SCIM have no order: brackets contain a filter, not a position.",
      effect: "The request was refused.",
    },
  },
  "name.schema": {
    severity: "notice",
    sentence: "{actor} sent the schema {name}, {problem}",
    reason: ["{effect}", "Did you mean {guess}?"],
    remedies: [
      { where: "identity-provider", text: "In {mapping}, write {meant} instead of {name}." },
      {
        where: "endpoint",
        text: "If it is a schema of your own, define it in `schemas`.{custom}",
        action: { kind: "setting", setting: "schemas" },
      },
    ],
    example: {
      actor: "OneLogin",
      name: "urn:scim:schemas:core:1.0",
      problem: "which this endpoint does not have",
      effect: "It was ignored. It is a schema of SCIM 1.1.",
      meant: "urn:ietf:params:scim:schemas:core:2.0:User",
      guess: "urn:ietf:params:scim:schemas:core:2.0:User",
    },
  },
  "name.extension": {
    severity: "notice",
    sentence: "{actor} sent {name} without the schema it belongs to",
    reason: ["{effect}"],
    remedies: [
      { where: "identity-provider", text: "In {mapping}, change the target attribute {name} to {meant}." },
      TOLERATE,
    ],
    example: {
      actor: "An unknown client",
      name: "department",
      effect: "The name department was read as urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department.",
      meant: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    },
  },
  "name.sub-path": {
    severity: "warning",
    sentence: "{actor} requested {name}, but SCIM has no paths below a resource",
    reason: ["All data of a resource is read and changed at the URL of the resource itself."],
    remedies: [
      { where: "identity-provider", text: "Have {provider} send {method} {path} with {body}." },
      { where: "identity-provider", text: "Have {provider} send GET {path}: {part} is in the response.{read}" },
    ],
    example: {
      actor: '"HR script"',
      name: "/scim/v2/Groups/2819c223/members",
      method: "PATCH",
      path: "/scim/v2/Groups/2819c223",
      body: 'op add, path members, value [{"value":"ID"}]',
    },
  },
  "name.path": {
    severity: "warning",
    sentence: "{actor} requested {name}, which does not exist",
    reason: ["Sent to: {sent}.", "{effect}", "Did you mean {meant}?"],
    remedies: [{ where: "identity-provider", text: "In {provider}, set {baseUrl} to {base}." }],
    example: {
      actor: "An unknown client",
      name: "/scim/v2/users",
      sent: "https://scim.example.com/scim/v2/users",
      effect: "Paths are case-sensitive and must match exactly.",
      meant: "https://scim.example.com/scim/v2/Users",
      base: "https://scim.example.com/scim/v2",
    },
  },
} as const satisfies FindingTexts;
