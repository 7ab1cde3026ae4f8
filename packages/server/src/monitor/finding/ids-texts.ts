import { type FindingTexts, SEE_OTHER } from "./finding-text.ts";

export const ID_TEXTS = {
  "id.ignored": {
    severity: "notice",
    sentence: "{actor} sent the ID {sent} for {resource}, whose ID is {id}",
    reason: [
      "The server assigns IDs (RFC 7643 §3.1), so the one in the body was ignored.",
      "A request to {path}/{sent} finds nothing.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "Have {provider} store the `id` from the response, and send its own ID as externalId.",
      },
    ],
    example: { actor: '"HR script"', sent: "EMP-1", resource: "Alice Young", id: "2819c223", path: "/scim/v2/Users" },
  },
  "id.placeholder": {
    severity: "warning",
    sentence: '{actor} requested a {type} with "{id}" instead of an ID',
    reason: ["The client has no ID for this {type}, or does not put it into the URL."],
    remedies: [
      {
        where: "identity-provider",
        text: "Have {provider} store the `id` from the response to the create request, and put it into the URL.",
      },
      {
        where: "identity-provider",
        text: 'If it has no `id`, have it search first: {path}?filter={attribute} eq "…".',
      },
    ],
    example: { actor: '"HR script"', type: "user", id: "undefined", path: "/scim/v2/Users", attribute: "userName" },
  },
  "id.form": {
    severity: "warning",
    sentence: "{actor} sent the ID of {other} in a different form",
    reason: [
      "The URL contains {id}, but the ID is {otherId}.",
      "IDs are compared character by character (RFC 7643 §3.1).",
    ],
    remedies: [
      { where: "identity-provider", text: "Have {provider} send the `id` exactly as it received it." },
      SEE_OTHER,
    ],
    example: {
      actor: '"HR script"',
      other: "Alice Young",
      otherType: "User",
      otherId: "2819c223-7f76",
      id: "2819C223-7F76",
    },
  },
  "id.other-name": {
    severity: "warning",
    sentence: "{actor} requested a {type} by {attribute} instead of the ID",
    reason: [
      "The URL contains {id}, which is the {attribute} of {other}.",
      "It must contain the `id` that the server assigned, which is {otherId}.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: 'Have {provider} search first, {path} eq "{id}", and put the `id` from the response into the URL.',
      },
      SEE_OTHER,
    ],
    example: {
      actor: '"HR script"',
      type: "user",
      attribute: "userName",
      id: "alice@example.com",
      other: "Alice Young",
      otherType: "User",
      otherId: "2819c223",
      path: "/scim/v2/Users?filter=userName",
    },
  },
} as const satisfies FindingTexts;
