import type { FindingTexts } from "./finding-text.ts";

export const REQUEST_TEXTS = {
  "cost.unindexed": {
    severity: "warning",
    sentence: "{actor} searched {rows} {types} without an index ({ms} ms)",
    reason: [
      "The filter compares {path}, which is not indexed.{index}",
      "The filter compares {path} with an operator that no index supports.{contains}",
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
        text: "Have {provider} use eq: no index supports this operator.{contains}",
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
      "A client that does not ask for the next page assumes that the other {missing} do not exist.",
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
    reason: ["The request stops after {failures} (`failOnErrors`), so the remaining operations were not run."],
    remedies: [
      { where: "identity-provider", text: "Have {provider} correct the failed operation, and send the others again." },
      { where: "identity-provider", text: "To run all operations even if some fail, omit `failOnErrors`." },
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
    reason: ["This server stores no secrets, so nobody can sign in with it here."],
    remedies: [
      { where: "identity-provider", text: "Remove it from {mapping}: sending a secret that is not used is a risk." },
    ],
    example: { actor: "Okta", attributes: "password", resource: "Alice Young" },
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
        text: "Have {provider} send the header `Content-Type: application/scim+json`. If it already does, a proxy changes it.{type}",
      },
      {
        where: "identity-provider",
        text: "Have {provider} send bodies uncompressed, without Content-Encoding. If it already does, a proxy compresses them.{encoding}",
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
    sentence: "{actor} sent {paths} of {resource} in another type than the schema defines",
    reason: ["The request was accepted: {received}."],
    remedies: [
      {
        where: "identity-provider",
        text: "In {mapping}, send {paths} in the type that /Schemas defines. Strict servers refuse such requests.",
      },
    ],
    example: {
      actor: '"HR script"',
      paths: "active",
      resource: "Alice Young",
      received: 'active: the text "False" was read as the boolean false',
    },
  },
} as const satisfies FindingTexts;
