import type { FindingTexts } from "./finding-text.ts";

export const QUERY_TEXTS = {
  "query.page-number": {
    severity: "error",
    sentence: "{actor} sent page numbers as startIndex, so it does not get all {types}",
    reason: [
      "`startIndex` is the position of the first result, counted from 1, not the number of a page (RFC 7644 §3.4.2.4).",
      "The client asked for position {last} and then for position {startIndex}, so both pages contain the same {types} except one.",
      "After {pages} pages it has {reached} of {total} {types}, and assumes that the others do not exist.",
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
      "It then asked for position {startIndex}, so it never got positions {from} to {to}, and assumes that these {types} do not exist.",
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
    sentence: "{actor} searched for what changed after {moment}, which is {minutes} minutes in the future",
    reason: [
      "The filter compares {path} with a moment in the future, so nothing can match.",
      "Either the clock of the client is wrong, or it sends local time as if it were UTC.",
      "If the difference is whole or half hours, it is the time zone.",
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
      "So the answer contains {all} {types}, not the one that was asked for.{unfiltered}",
      "So every such request gets the first page again.{pages}",
    ],
    remedies: [{ where: "identity-provider", text: "Have {provider} send {instead} instead." }],
    example: {
      actor: '"HR script"',
      types: "users",
      names: '"userName"',
      instead: '`filter=userName eq "alice@example.com"`',
      all: "all 250",
      unfiltered: "",
    },
  },
} as const satisfies FindingTexts;
