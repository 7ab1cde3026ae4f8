import { type FindingTexts, RESTORE, SEE_OTHER } from "./finding-text.ts";

export const REFERENCE_TEXTS = {
  "reference.deleted": {
    severity: "warning",
    sentence: "{actor} sent {other} as {role} of {resource}, but {by} deleted {other} on {at}",
    reason: ["{path} contains {id}, which was the ID of {other}.", "{effect}"],
    remedies: [
      {
        where: "server",
        text: "If the deletion was a mistake, restore {other}: the ID stays the same.",
        action: { kind: "resource", type: "{otherType}", id: "{id}" },
      },
      { where: "identity-provider", text: "Otherwise make {provider} forget the ID: {restart}." },
    ],
    example: {
      actor: "Entra ID",
      other: "Bob",
      otherType: "User",
      role: "the manager",
      resource: "Alice Young",
      at: "24 November 2026, 08:00 UTC",
      path: "manager",
      id: "2819c223",
      by: "Okta",
      effect: "The reference was stored as sent.",
    },
  },
  "reference.other-name": {
    severity: "warning",
    sentence: "{actor} sent the {attribute} of {other} as {role} of {resource}, instead of the ID",
    reason: ["{path} contains {id}. It must contain the ID of {other}, which is {otherId}.", "{effect}"],
    remedies: [
      {
        where: "identity-provider",
        text: "In {mapping}, use a reference to the person as the source of {path}, not the {attribute}: {provider} then sends the ID that this server assigned to {other}.",
      },
      SEE_OTHER,
    ],
    example: {
      actor: "Entra ID",
      attribute: "userName",
      other: "Bob",
      otherType: "User",
      otherId: "2819c223",
      role: "the manager",
      resource: "Alice Young",
      path: "manager",
      id: "bob@example.com",
      effect: "The reference was stored as sent.",
    },
  },
  "reference.unknown": {
    severity: "warning",
    sentence: "{actor} sent an unknown ID as {role} of {resource}",
    reason: [
      "{path} contains {id}. No resource has this ID, and none in the history had it.",
      "{effect}",
      "Either the client sends its own ID, or the ID comes from another server or endpoint. To find out, check whether {provider} shows this ID for the person.{isOpaque}",
      "It looks like a name or an e-mail address. A reference contains the ID of the resource.{isName}",
      "It looks like a list. Each reference contains one ID.{isList}",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "In {mapping}, use a reference to the person as the source of {path}: {provider} then sends the ID that this server assigned. The person must exist here first.{isName}",
      },
      {
        where: "identity-provider",
        text: 'Have {provider} send one object for each ID: [{"value":"ID 1"},{"value":"ID 2"}].{isList}',
      },
      {
        where: "identity-provider",
        text: "If it is {provider}'s own ID: in {mapping}, use a reference as the source of {path}. {provider} then sends the ID that this server assigned.{isOpaque}",
      },
      {
        where: "identity-provider",
        text: "If {provider} was connected to another server before, make it forget the IDs: {restart}.{isOpaque}",
      },
      {
        where: "endpoint",
        text: "To refuse unknown IDs, set `danglingReferences` to `refuse`.{accepted}",
        action: { kind: "setting", setting: "danglingReferences", value: "refuse" },
      },
      {
        where: "endpoint",
        text: "To store unknown IDs as sent, set `danglingReferences` to `accept`.{refused}",
        action: { kind: "setting", setting: "danglingReferences", value: "accept" },
      },
    ],
    example: {
      actor: "Entra ID",
      role: "the manager",
      resource: "Alice Young",
      path: "manager",
      id: "26118915",
      effect: "The reference was stored as sent.",
      accepted: "",
      isOpaque: "",
    },
  },
  "reference.own-groups": {
    severity: "warning",
    sentence: "{actor} sent {resource} with groups, which this server ignores",
    reason: [
      "A user's groups are read-only (RFC 7643 §4.1.2): members are added at the group. {resource} belongs to {count} of the {sent} groups that were sent.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: 'Have {provider} send a PATCH to {path}/{id} for each group: op add, path members, value [{"value":"{user}"}].',
      },
    ],
    example: {
      actor: '"HR script"',
      resource: "Alice Young",
      count: 0,
      sent: 2,
      path: "/scim/v2/Groups",
      id: "26118915",
      user: "2819c223",
    },
  },
  "reference.own-manager": {
    severity: "warning",
    sentence: "{actor} made {resource} their own manager",
    reason: [
      "manager contains {id}, the ID of {resource}.",
      "Programs that follow the managers upwards may never end.",
    ],
    remedies: [{ where: "identity-provider", text: "In {provider}, correct the manager of {resource}." }, RESTORE],
    example: { actor: "Entra ID", resource: "Alice Young", id: "2819c223" },
  },
  "reference.manager-cycle": {
    severity: "warning",
    sentence: "{actor} made {resource} a manager of their own manager",
    reason: ["The managers form a circle: {circle}.", "Programs that follow the managers upwards may never end."],
    remedies: [{ where: "identity-provider", text: "In {provider}, correct the manager of one of them." }, RESTORE],
    example: { actor: "Entra ID", resource: "Alice Young", circle: "Alice Young → Bob → Carol Diaz → Alice Young" },
  },
  "reference.group-cycle": {
    severity: "warning",
    sentence: "{actor} made {resource} a member of itself",
    reason: ["The groups form a circle: {circle}.", "Programs that expand nested groups may never end."],
    remedies: [
      { where: "identity-provider", text: "In {provider}, remove one of these groups from the other." },
      RESTORE,
    ],
    example: { actor: '"HR script"', resource: "Finance", circle: "Finance → Payroll → Finance" },
  },
} as const satisfies FindingTexts;
