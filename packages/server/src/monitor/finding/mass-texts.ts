import { type FindingTexts, RESTORE } from "./finding-text.ts";

export const MASS_TEXTS = {
  "mass.members": {
    severity: "error",
    sentence: "{actor} removed {count} of {before} members from {resource}{within}",
    reason: [
      "The request set the whole list of members, so everybody it does not name was removed.{replaced}",
      "The request set the whole list of members and named nobody. A client that cannot read the list may assume that it is empty.{emptied}",
      "The request removed members without naming any, which removes all of them.{unnamed}",
      "That is {share}% of the group; this endpoint warns at {limit}% (`findings.massPercent`).",
      "Removed so far: {lost}.{whole}",
      "Removed since the last such warning: {lost}.{continued}",
    ],
    remedies: [
      { ...RESTORE, text: "To undo the removals, restore the group's version from before the first one." },
      {
        where: "identity-provider",
        text: 'To add or remove one person, have {provider} send only that member: op add, or op remove with the path members[value eq "ID"].{replaced}',
      },
      {
        where: "identity-provider",
        text: "If {provider} should not manage the members, remove them from {mapping}. Otherwise have it add and remove single members (op add, op remove).{emptied}",
      },
      {
        where: "identity-provider",
        text: 'To remove one person, have {provider} name the member: op remove with the path members[value eq "ID"].{unnamed}',
      },
      {
        where: "identity-provider",
        text: "In {provider}, check who was removed from the group, and who is still assigned: {assigned}.",
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
      "That is {share}% of all users; this endpoint warns at {limit}% (`findings.massPercent`).",
      "Affected so far: {lost}.{whole}",
      "Affected since the last such warning: {lost}.{continued}",
    ],
    remedies: [
      { ...RESTORE, text: "To undo the changes, restore the users' previous versions.{whole}" },
      {
        ...RESTORE,
        text: "To undo the changes, restore the users' previous versions, here and in each earlier warning.{continued}",
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
      "That is {share}% of all users; this endpoint warns at {limit}% (`findings.massPercent`).",
      "Affected so far: {lost}.{whole}",
      "Affected since the last such warning: {lost}.{continued}",
      "Either the {name} is no longer mapped, or its source no longer has values. To find out, look at one of these users in {provider}.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "In {provider}, first {stop}. Then check what is mapped to {path} in {mapping}, and whether its source still has values.",
      },
      { ...RESTORE, text: "To undo the changes, restore the users' previous versions.{whole}" },
      {
        ...RESTORE,
        text: "To undo the changes, restore the users' previous versions, here and in each earlier warning.{continued}",
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
      "That is {share}% of all users; this endpoint warns at {limit}% (`findings.massPercent`).",
      "Affected so far: {lost}.{whole}",
      "Affected since the last such warning: {lost}.{continued}",
      "Either the values changed at their source, or the mapping changed. To find out, look at one of these users in {provider}.",
    ],
    remedies: [
      {
        where: "identity-provider",
        text: "If the change was planned, there is nothing to do. Otherwise, in {provider}, first {stop}. Then correct what is mapped to {path} in {mapping}.",
      },
      { ...RESTORE, text: "To undo the changes, restore the users' previous versions.{whole}" },
      {
        ...RESTORE,
        text: "To undo the changes, restore the users' previous versions, here and in each earlier warning.{continued}",
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
} as const satisfies FindingTexts;
