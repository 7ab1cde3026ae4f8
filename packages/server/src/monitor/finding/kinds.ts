import type { Json } from "@scimtool/scim";
import type { FindingRemedy, Severity } from "../../store/exchange.ts";

/** What `{name}` in a text stands for. An empty one is a condition: texts with it are left out where it is unknown. */
export type Values = { readonly [name: string]: string | number | undefined };

export type FindingText = {
  /** An `error` needs somebody, a `warning` may. */
  readonly severity: Severity;
  readonly sentence: string;
  /** Sentences; one with an unknown value is left out, as are remedies. */
  readonly reason: readonly string[];
  /** The most likely one first. */
  readonly remedies: readonly RemedyText[];
  /** Without the words of the identity provider, which every finding knows. */
  readonly example: Values;
};

export type RemedyText = Pick<FindingRemedy, "where" | "text"> & {
  /** `restore` needs the versions; in the others, `{name}` stands for a value. */
  readonly action?:
    | "restore"
    | { readonly kind: "setting"; readonly setting: string; readonly value?: Json }
    | { readonly kind: "resource"; readonly type: string; readonly id: string }
    | { readonly kind: "credentials" };
};

const RESTORE: RemedyText = {
  where: "server",
  text: "To undo it, restore the version from before this request.",
  action: "restore",
};

const TOLERATE: RemedyText = {
  where: "endpoint",
  text: "To accept such names, set `profile` to `tolerant`.{strict}",
  action: { kind: "setting", setting: "profile", value: "tolerant" },
};

const SEE_OTHER: RemedyText = {
  where: "server",
  text: "Look at {other}.",
  action: { kind: "resource", type: "{otherType}", id: "{otherId}" },
};

/**
 * Every kind of finding, the most harmful first. `{provider}` and the words of `ProviderWords`, such as `{mapping}` and
 * `{restart}`, are those of the client that sent the request.
 */
export const FINDINGS = {
  "loss.emptied": {
    severity: "error",
    sentence: "{actor} removed all {before} {things} from {resource}",
    reason: [
      "The request replaced the whole list and sent no values for it.",
      "Removed: {lost}.",
      "If the client cannot read the list, it may have taken it for empty.",
    ],
    remedies: [
      RESTORE,
      {
        where: "identity-provider",
        text: "If {provider} should not manage this list, remove it from {mapping}. Otherwise have it add and remove single values: op add and op remove.",
      },
    ],
    example: {
      actor: "Okta",
      before: 3,
      things: "members",
      resource: "Finance",
      lost: "Alice Young, Bob and Carol Diaz",
    },
  },
  "loss.bare-value": {
    severity: "warning",
    sentence: "{actor} replaced the {things} of {resource} by a single value",
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
    reason: ["The request replaced the whole list by a shorter one.", "Removed: {lost}."],
    remedies: [
      RESTORE,
      {
        where: "identity-provider",
        text: "If {provider} should not manage this list, remove it from {mapping}. If the removed values should stay, have it add and remove single values (op add, op remove) instead of the whole list.",
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
    sentence: "{actor} cleared active of {resource}, who was {state}",
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

  "mass.members": {
    severity: "error",
    sentence: "{actor} removed {count} of {before} members from {resource}{within}",
    reason: [
      "The request set the whole list of members, so everybody whom it does not name was removed.{replaced}",
      "The request removed members without naming any, which removes all.{unnamed}",
      "That is {share} % of the group; this endpoint warns from {limit} % (`findings.massPercent`).",
      "Removed so far: {lost}.{whole}",
      "Removed since the last such warning: {lost}.{continued}",
    ],
    remedies: [
      { ...RESTORE, text: "To undo it, restore the version of the group from before the first removal." },
      {
        where: "identity-provider",
        text: 'To add or remove one person, have {provider} send only that member: op add, or op remove with the path members[value eq "ID"].{replaced}',
      },
      {
        where: "identity-provider",
        text: 'To remove one person, have {provider} name the member: op remove with the path members[value eq "ID"].{unnamed}',
      },
      {
        where: "identity-provider",
        text: "In {provider}, check who was taken out of the group, and who is still assigned: {assigned}.",
      },
      {
        where: "endpoint",
        text: "If removals of this size are normal, raise `findings.massPercent`.",
        action: { kind: "setting", setting: "findings.massPercent" },
      },
    ],
    example: {
      actor: "Entra ID",
      count: 6,
      before: 10,
      resource: "Finance",
      within: " within 10 minutes",
      share: 60,
      limit: 20,
      whole: "",
      lost: "Alice Young, Bob, Carol Diaz, Dan Lee, Eve and Frank",
    },
  },
  "mass.users": {
    severity: "error",
    sentence: "{actor} deactivated or deleted {count} of {before} users{within}",
    reason: [
      "That is {share} % of all users; this endpoint warns from {limit} % (`findings.massPercent`).",
      "So far: {lost}.{whole}",
      "Since the last such warning: {lost}.{continued}",
    ],
    remedies: [
      { ...RESTORE, text: "To undo it, restore their versions from before.{whole}" },
      {
        ...RESTORE,
        text: "To undo it, restore their versions from before, here and in each earlier warning.{continued}",
      },
      {
        where: "identity-provider",
        text: "In {provider}, first {stop}. Then check who is assigned ({assigned}), and what is mapped to active in {mapping}.",
      },
      {
        where: "endpoint",
        text: "If changes of this size are normal, raise `findings.massPercent`.",
        action: { kind: "setting", setting: "findings.massPercent" },
      },
    ],
    example: {
      actor: "Entra ID",
      count: 6,
      before: 20,
      within: " within 10 minutes",
      share: 30,
      limit: 20,
      whole: "",
      lost: "Alice Young, Bob, Carol Diaz, Dan Lee, Eve and Frank",
    },
  },
  "mass.cleared": {
    severity: "error",
    sentence: "{actor} cleared the {name} of {count} of {before} users{within}",
    reason: [
      "That is {share} % of all users; this endpoint warns from {limit} % (`findings.massPercent`).",
      "So far: {lost}.{whole}",
      "Since the last such warning: {lost}.{continued}",
      "Either the {name} is no longer mapped, or its source has no values any more. To tell: look at one of these users in {provider}.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "In {provider}, first {stop}. Then check what is mapped to {path} in {mapping}, and whether its source still has values.",
      },
      { ...RESTORE, text: "To undo it, restore their versions from before.{whole}" },
      {
        ...RESTORE,
        text: "To undo it, restore their versions from before, here and in each earlier warning.{continued}",
      },
    ],
    example: {
      actor: "Entra ID",
      name: "title",
      path: "title",
      count: 6,
      before: 20,
      within: " within 10 minutes",
      share: 30,
      limit: 20,
      whole: "",
      lost: "Alice Young, Bob, Carol Diaz, Dan Lee, Eve and Frank",
    },
  },
  "mass.changed": {
    severity: "warning",
    sentence: "{actor} changed the {name} of {count} of {before} users{within}",
    reason: [
      "All of them now have the same value: {value}.",
      "They did not all get the same value.{several}",
      "That is {share} % of all users; this endpoint warns from {limit} % (`findings.massPercent`).",
      "So far: {lost}.{whole}",
      "Since the last such warning: {lost}.{continued}",
      "Either the values changed at their source, or the mapping did. To tell: look at one of these users in {provider}.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "If the change was planned, there is nothing to do. Otherwise, in {provider}, first {stop}. Then correct what is mapped to {path} in {mapping}.",
      },
      { ...RESTORE, text: "To undo it, restore their versions from before.{whole}" },
      {
        ...RESTORE,
        text: "To undo it, restore their versions from before, here and in each earlier warning.{continued}",
      },
    ],
    example: {
      actor: "Entra ID",
      name: "title",
      path: "title",
      value: "Employee",
      count: 6,
      before: 20,
      within: " within 10 minutes",
      share: 30,
      limit: 20,
      whole: "",
      lost: "Alice Young, Bob, Carol Diaz, Dan Lee, Eve and Frank",
    },
  },

  "identity.letter-case": {
    severity: "warning",
    sentence: '{actor} sent "{value}", which differs from the userName of {other} only in {difference}',
    reason: [
      '{other} has the userName "{held}". userName ignores letter case and encoding (RFC 7643 §4.1.1), so both are one person here.',
      "Unicode has two forms of letters with accents, and wide and narrow letters; they look alike.{isEncoding}",
      "Either the client compares with letter case when it looks for the person, or two people have the same name there.{isCase}",
      "To tell: if {provider} shows one person, its letter case changed; if it shows two, they need different userNames.{isCase}",
    ],
    remedies: [
      { where: "identity-provider", text: "In {mapping}, {lowerCase}.{isCase}" },
      {
        where: "identity-provider",
        text: "In {mapping}, send userName in the composed form (NFC). Names from macOS files are decomposed.{isEncoding}",
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
      "Either the request has the ID of the wrong user, or one person got a new userName and a new externalId. To tell: look up both userNames in {provider}.",
    ],
    remedies: [
      RESTORE,
      {
        where: "identity-provider",
        text: "If they are two people, have {provider} create a user for {resource}, and make it forget the IDs: {restart}.",
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
      "The new user has another ID and none of the groups of the deleted one.{person}",
      "The new group has another ID, and only the members that were added since.{group}",
    ],
    remedies: [
      {
        where: "server",
        text: "If the deletion was a mistake, delete the new user, and restore the deleted one with its ID and groups.{person}",
        action: { kind: "resource", type: "User", id: "{formerId}" },
      },
      {
        where: "server",
        text: "If the deletion was a mistake, delete the new group, and restore the deleted one with its ID and members.{group}",
        action: { kind: "resource", type: "Group", id: "{formerId}" },
      },
      {
        where: "identity-provider",
        text: "If two clients manage this person, take the person out of the scope of one of them.{person}",
      },
      {
        where: "identity-provider",
        text: "To rename or refill a group, have {provider} change it instead of creating it anew.{group}",
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
        text: "If another client deactivated the person on purpose, take the person out of the scope of {provider}.",
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
    sentence: "{actor} gave {resource} the {name} {value}, which {other} has too",
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
      "It moved from one person to another. Either it was reassigned, or both are the same person with two accounts.",
      "To tell: compare the names and start dates of both in {provider}.",
    ],
    remedies: [
      { where: "identity-provider", text: "If it is one person, delete or merge the second account in {provider}." },
      SEE_OTHER,
    ],
    example: {
      actor: "Entra ID",
      resource: "Bob",
      name: "e-mail",
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
        text: "Nothing, if people were numbered anew. Otherwise correct what is mapped to externalId in {mapping}: it should never change.",
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
        text: "If names change often, match by an attribute that does not: set {matching} to externalId.",
      },
    ],
    example: { actor: "Entra ID", resource: "Alice Miller", held: "ayoung@example.com", value: "amiller@example.com" },
  },

  "list.second": {
    severity: "notice",
    sentence: "{actor} gave {resource} a second {thing} of type {type}",
    reason: [
      "PATCH add keeps the values that are there. Now: {values}.",
      "{primary} is primary now; before, it was {former}.",
    ],
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
    sentence: "{actor} added to the {things} of {resource} and removed none: now {count}",
    reason: [
      "PATCH add keeps the values that are there, so a {thing} that was taken away at {provider} stays here. Now: {values}.",
      "{twice} is in the list twice.",
      "This was addition {additions} in a row without a removal.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "Have {provider} remove what no longer applies, or replace {path} with the whole list. Check in {mapping} what is sent when a {thing} is taken away.",
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

  "reference.deleted": {
    severity: "warning",
    sentence: "{actor} sent {other} as {role} of {resource}, but {other} was deleted on {at}",
    reason: ["{path} has the ID {id}, which {other} had until {by} deleted it.", "{effect}"],
    remedies: [
      {
        where: "server",
        text: "If the deletion was a mistake, restore {other}, which brings the ID back.",
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
    reason: ["{path} has the value {id}. A reference has the ID of the resource, which is {otherId}.", "{effect}"],
    remedies: [
      {
        where: "identity-provider",
        text: "In {mapping}, use a reference to the person as the source of {path}, not the {attribute}: {provider} then sends the ID that it got when it created {other}.",
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
      "{path} has the ID {id}, which nothing has here, and the history shows nothing that ever had it.",
      "{effect}",
      "Either the client sends its own ID, or the ID comes from another server or endpoint. To tell: see whether {provider} shows this ID for the person.{isOpaque}",
      "It looks like a name or an e-mail address. A reference has the ID of the resource.{isName}",
      "It looks like a list. Each reference has one ID.{isList}",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "In {mapping}, use a reference to the person as the source of {path}: {provider} then sends an ID. The person must exist here first.{isName}",
      },
      {
        where: "identity-provider",
        text: 'Have {provider} send one object for each ID: [{"value":"ID 1"},{"value":"ID 2"}].{isList}',
      },
      {
        where: "identity-provider",
        text: "If it is {provider}'s own ID: in {mapping}, use a reference as the source of {path}. {provider} then sends the ID from the response to the creation.{isOpaque}",
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
    sentence: "{actor} sent groups of {resource}, which only changes of groups can change",
    reason: [
      "The groups of a user are readOnly (RFC 7643 §4.1.2): they were ignored, and {resource} belongs to {count} of the {sent} groups that were sent.",
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
      "manager has the ID {id}, which is that of {resource}.",
      "Programs that follow managers upwards never end.",
    ],
    remedies: [{ where: "identity-provider", text: "In {provider}, correct the manager of {resource}." }, RESTORE],
    example: { actor: "Entra ID", resource: "Alice Young", id: "2819c223" },
  },
  "reference.manager-cycle": {
    severity: "warning",
    sentence: "{actor} made {resource} a manager of their own manager",
    reason: ["The managers form a circle: {circle}.", "Programs that follow managers upwards never end."],
    remedies: [{ where: "identity-provider", text: "In {provider}, correct the manager of one of them." }, RESTORE],
    example: { actor: "Entra ID", resource: "Alice Young", circle: "Alice Young → Bob → Carol Diaz → Alice Young" },
  },

  "name.type": {
    severity: "error",
    sentence: "{actor} sent a {meant} to {path}, where {others} belong",
    reason: [
      "The body has the schema of a {meant} ({schema}).",
      "It was stored as a {wrong}.{accepted}",
      "It was refused.{refused}",
    ],
    remedies: [
      { where: "identity-provider", text: "Have {provider} send it to {meantPath}." },
      {
        where: "server",
        text: "Delete the {wrong} {resource}.",
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
  "reference.group-cycle": {
    severity: "warning",
    sentence: "{actor} made {resource} a member of itself",
    reason: ["The groups form a circle: {circle}.", "Programs that look into nested groups never end."],
    remedies: [
      { where: "identity-provider", text: "In {provider}, take one of these groups out of the other." },
      RESTORE,
    ],
    example: { actor: '"HR script"', resource: "Finance", circle: "Finance → Payroll → Finance" },
  },

  "name.attribute": {
    severity: "warning",
    sentence: "{actor} sent {name}, which this endpoint does not define",
    reason: [
      "{effect}",
      "{resource} is still {state}: only active changes that, with true or false.",
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
    sentence: "{actor} sent a {what} in another notation than SCIM's: {sent}",
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
    sentence: "{actor} sent the schema {name}, which this endpoint does not have",
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
    reason: ["Other APIs have such paths. In SCIM, all data of a resource is read and changed at the resource."],
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
    sentence: "{actor} requested {name}, where there is nothing",
    reason: ["Sent to: {sent}.", "{effect}", "Did you mean {meant}?"],
    remedies: [{ where: "identity-provider", text: "In {provider}, set {baseUrl} to {base}." }],
    example: {
      actor: "An unknown client",
      name: "/scim/v2/users",
      sent: "https://scim.example.com/scim/v2/users",
      effect: "Paths are compared with letter case and must match exactly.",
      meant: "https://scim.example.com/scim/v2/Users",
      base: "https://scim.example.com/scim/v2",
    },
  },

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
        text: "Create a token for each, and enter the new one in {provider}: {secret}.{vendor}",
        action: { kind: "credentials" },
      },
      {
        where: "server",
        text: "Create a token for this client alone, or better an endpoint where it can do no harm.{tool}",
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
      "Clients with different values overwrite each other.{several}",
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
    sentence: "{actor} sent the request that created {other} again",
    reason: [
      "The first one created {other} on {at}. Since {other} exists, this one was refused.",
      "It was sent again {times}.",
      "Either the client did not get the first answer, or it does not search before it creates.",
      "To tell: if the client searched for {other} before this request and found nothing, it searches by another attribute. If it did not search, and the first answer took long, that answer was lost.",
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
    sentence: "{actor} sent the same change of {resource} again",
    reason: [
      "The same request was answered {status} on {at}. This time it changed nothing.",
      "Either that answer was lost, or the client does not compare before it writes.",
      "To tell: a client that does not compare repeats it in every cycle.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "If it comes in every cycle, check in {mapping} whether {provider} can read back what it writes.",
      },
    ],
    example: { actor: "Entra ID", resource: "Alice Young", status: 200, at: "24 November 2026, 08:00 UTC" },
  },

  "id.ignored": {
    severity: "notice",
    sentence: "{actor} sent the ID {sent} for {resource}, which has the ID {id}",
    reason: [
      "The server assigns IDs (RFC 7643 §3.1), so the one in the body was ignored.",
      "A request to {path}/{sent} finds nothing.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "Have {provider} keep the `id` of the response, and send a number of its own as externalId.",
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
        text: "Have {provider} keep the `id` from the response to the creation, and put it into the URL.",
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
    sentence: "{actor} sent the ID of {other} in another form",
    reason: ["The URL has {id}, but the ID is {otherId}.", "IDs are compared character by character (RFC 7643 §3.1)."],
    remedies: [{ where: "identity-provider", text: "Have {provider} send the `id` exactly as it got it." }, SEE_OTHER],
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
      "The URL has {id}, which is the {attribute} of {other}.",
      "A URL contains the `id` that the server assigned, which is {otherId}.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: 'Have {provider} search first, {path} eq "{id}", and put the `id` that it gets into the URL.',
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

  "query.page-number": {
    severity: "error",
    sentence: "{actor} sent page numbers as startIndex, so it does not get all {types}",
    reason: [
      "`startIndex` is the position of the first result, counted from 1, not the number of a page (RFC 7644 §3.4.2.4).",
      "The client asked for position {last} and then for position {startIndex}, so both pages contain the same {types} except one.",
      "After {pages} pages it has {reached} of {total} {types}, and takes the others for missing.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "Have {provider} add the number of results it got to `startIndex`: after position {last} comes {next}.",
      },
    ],
    example: {
      actor: '"HR script"',
      types: "users",
      last: 1,
      startIndex: 2,
      pages: 3,
      reached: 102,
      total: 250,
      next: 101,
    },
  },
  "query.skipped": {
    severity: "error",
    sentence: "{actor} skipped {missing} of {total} {types} between two pages",
    reason: [
      "The page from position {last} had {returned} {types}, although the client asked for {asked}: a server may send smaller pages.",
      "It then asked for position {startIndex}, so it never got positions {from} to {to}, and takes these {types} for missing.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "Have {provider} add `itemsPerPage` of each response to `startIndex`, not its own page size.",
      },
      {
        where: "endpoint",
        text: "Or raise `limits.maxPageSize`.",
        action: { kind: "setting", setting: "limits.maxPageSize" },
      },
    ],
    example: {
      actor: '"HR script"',
      types: "users",
      missing: 300,
      total: 2_000,
      last: 1,
      returned: 200,
      asked: "`count=500`",
      startIndex: 501,
      from: "201",
      to: "500",
    },
  },
  "query.future": {
    severity: "warning",
    sentence: "{actor} searched for what changed after {moment}, which is {minutes} minutes ahead",
    reason: [
      "The filter compares {path} with a moment in the future, so nothing can match.",
      "Either the clock of the client is wrong, or it sends local time as if it were UTC.",
      "To tell: if the difference is whole or half hours, it is the time zone.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "Have {provider} use the highest `meta.lastModified` that it received from here, not its own clock.",
      },
    ],
    example: { actor: "SailPoint", path: "meta.lastModified", moment: "2026-11-24T09:00:00Z", minutes: 60 },
  },
  "query.ignored": {
    severity: "warning",
    sentence: "{actor} searched {types} with {names}, which SCIM does not define",
    reason: [
      "Servers ignore unknown parameters (RFC 7644 §3.4.2).",
      "So the answer contains all {total} {types}, not the one that was asked for.{unfiltered}",
      "So every such request gets the first page.{pages}",
    ],
    remedies: [{ where: "identity-provider", text: "Have {provider} send {instead} instead." }],
    example: {
      actor: '"HR script"',
      types: "users",
      names: '"userName"',
      instead: '`filter=userName eq "alice@example.com"`',
      total: 250,
      unfiltered: "",
    },
  },

  "cost.unindexed": {
    severity: "warning",
    sentence: "{actor} searched {rows} {types} without an index ({ms} ms)",
    reason: [
      "The filter compares {path}, which is not indexed.{index}",
      "The filter compares {path} with an operator for which no index helps.{contains}",
      "{rows} resources were examined to find {total}.",
    ],
    remedies: [
      {
        where: "endpoint",
        text: "Add `{type}:{path}` to `indexed`.{index}",
        action: { kind: "setting", setting: "indexed", value: ["{type}:{path}"] },
      },
      {
        where: "identity-provider",
        text: "Have {provider} compare with eq: no index helps with this operator.{contains}",
      },
      {
        where: "identity-provider",
        text: "Or set {matching} to an indexed attribute, such as userName or externalId.{index}",
      },
    ],
    example: {
      actor: "Entra ID",
      rows: 20_000,
      types: "users",
      type: "User",
      ms: 85,
      path: "title",
      total: 1,
      index: "",
    },
  },
  "cost.unpaged": {
    severity: "notice",
    sentence: "{actor} listed {types} without paging and got {returned} of {total}",
    reason: [
      "The request has no `count`, so the answer is one page of {returned} resources.",
      "A client that does not ask for the next page takes the other {missing} for missing.",
    ],
    remedies: [
      { where: "identity-provider", text: "Have {provider} send `startIndex` and `count` until it has all." },
      {
        where: "endpoint",
        text: "Or raise `limits.maxPageSize`; it is {limit}.",
        action: { kind: "setting", setting: "limits.maxPageSize" },
      },
    ],
    example: { actor: "Ping Identity", types: "users", returned: 1_000, total: 5_000, missing: 4_000, limit: 1_000 },
  },
  "cost.rate": {
    severity: "warning",
    sentence: "Clients sent {count} requests in one second, close to the limit of {limit}",
    reason: [
      "This endpoint refuses more than {limit} requests per second with 429 (`limits.requestsPerSecond`).",
      "Entra ID needs at least 25.",
    ],
    remedies: [
      {
        where: "endpoint",
        text: "Raise `limits.requestsPerSecond`.",
        action: { kind: "setting", setting: "limits.requestsPerSecond" },
      },
    ],
    example: { count: 45, limit: 50 },
  },

  "limit.stopped": {
    severity: "warning",
    sentence: "{actor} sent {total} operations in a bulk request, and {missing} were not run",
    reason: [
      "The request stops after {failures} (`failOnErrors`), so the operations behind the last one were left out.",
    ],
    remedies: [
      { where: "identity-provider", text: "Have {provider} correct the failed operation, and send the others again." },
      { where: "identity-provider", text: "To run all operations whatever fails, leave out `failOnErrors`." },
    ],
    example: { actor: '"HR script"', total: 10, missing: 7, failures: "1 failure" },
  },
  "limit.exceeded": {
    severity: "warning",
    sentence: "{actor} exceeded a limit: {actual} {unit}, with {limit} allowed",
    reason: ["The request was refused and changed nothing."],
    remedies: [
      {
        where: "endpoint",
        text: "Raise `{setting}`.",
        action: { kind: "setting", setting: "{setting}" },
      },
      { where: "identity-provider", text: "Or have {provider} send less in one request.{size}" },
      { where: "identity-provider", text: "Or have {provider} send requests more slowly.{speed}" },
    ],
    example: {
      actor: "Entra ID",
      actual: "1,500",
      unit: "operations",
      limit: "1,000",
      setting: "limits.maxBulkOperations",
      size: "",
    },
  },
  "limit.near": {
    severity: "notice",
    sentence: "{actor} sent a body of {actual} {unit}, close to the limit of {limit}",
    reason: ["Larger bodies are refused with 413 (`{setting}`)."],
    remedies: [
      {
        where: "endpoint",
        text: "Raise `{setting}`.",
        action: { kind: "setting", setting: "{setting}" },
      },
    ],
    example: { actor: "Entra ID", actual: "950", unit: "kB", limit: "1,000", setting: "limits.maxBodyBytes" },
  },

  "secret.not-stored": {
    severity: "info",
    sentence: "{actor} sent the {attributes} of {resource}, which is never stored",
    reason: ["This server keeps no secrets, so nobody can sign in with it here."],
    remedies: [
      { where: "identity-provider", text: "Remove it from {mapping}: sending a secret that is not used is a risk." },
    ],
    example: { actor: "Okta", attributes: "password", resource: "Alice Young" },
  },

  "value.suspect": {
    severity: "warning",
    sentence: "{actor} gave {resource} values that look wrong: {values}",
    reason: ["{why}", "They were stored as sent."],
    remedies: [
      { where: "identity-provider", text: "In {mapping}, correct what is mapped to {paths}, or its source." },
      RESTORE,
    ],
    example: {
      actor: '"HR script"',
      resource: "Alice Young",
      values: 'title "undefined"',
      why: '"undefined" is what programs write where a value is missing.',
      paths: "title",
    },
  },

  "type.content": {
    severity: "notice",
    sentence: "{actor} sent a body {received}",
    reason: [
      "{effect}",
      "SCIM bodies are `application/scim+json` (RFC 7644 §3.1).",
      "JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396) differ from SCIM's PATCH.{patch}",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: 'Have {provider} send `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"title","value":"Lead"}]}` as `application/scim+json`.{patch}',
      },
      {
        where: "identity-provider",
        text: "Have {provider} send the body as JSON, not as a form, with the header `Content-Type: application/scim+json`.{form}",
      },
      {
        where: "identity-provider",
        text: "Have {provider} send JSON instead of XML: SCIM 2.0 has no XML, unlike SCIM 1.1. Look for a setting of the version.{xml}",
      },
      {
        where: "identity-provider",
        text: "Have {provider} encode bodies in UTF-8, with the header `Content-Type: application/scim+json; charset=utf-8`.{charset}",
      },
      {
        where: "identity-provider",
        text: "Have {provider} send the header `Content-Type: application/scim+json`. If it does, a proxy in between changes it.{type}",
      },
      {
        where: "identity-provider",
        text: "Have {provider} send bodies uncompressed, without Content-Encoding. If it does, a proxy in between compresses them.{encoding}",
      },
    ],
    example: {
      actor: "An unknown client",
      received: 'with Content-Type "text/plain"',
      effect: "It was refused.",
      type: "",
    },
  },
  "type.value": {
    severity: "info",
    sentence: "{actor} sent {paths} of {resource} as another type than the schema says",
    reason: ["The request was accepted: {received}."],
    remedies: [
      {
        where: "identity-provider",
        text: "In {mapping}, send {paths} as the type in /Schemas. Strict servers refuse the request.",
      },
    ],
    example: {
      actor: '"HR script"',
      paths: "active",
      resource: "Alice Young",
      received: 'active: the text "False" was read as the boolean false',
    },
  },
} as const satisfies Record<string, FindingText>;

export type FindingKind = keyof typeof FINDINGS;
