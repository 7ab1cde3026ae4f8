import { SEVERITIES } from "../../../store/exchange.ts";
import {
  ANY_VALUE,
  anyOf,
  BOOLEAN,
  described,
  INTEGER,
  JSON_OBJECT,
  list,
  named,
  nullable,
  object,
  oneOf,
  optional,
  TEXT,
  TIME,
} from "../schema.ts";

const REFERENCE = named(
  "Reference",
  "A resource with its name.",
  object({
    type: described("Name of its resource type.", TEXT),
    id: TEXT,
    label: described("Its display name.", TEXT),
  }),
);

const SENTENCE = named(
  "Sentence",
  "A sentence that says what happened.",
  object({ kind: { ...TEXT, examples: ["user.created", "failure.authentication"] }, text: TEXT }),
);

const FINDING_ACTION = named(
  "FindingAction",
  "How to apply a remedy here.",
  anyOf(
    described(
      "Restore these versions, the state before the request, with `POST /api/endpoints/{name}/history/{id}/restore`.",
      object({ kind: oneOf("restore"), versions: list(object({ id: TEXT, revision: INTEGER })) }),
    ),
    described(
      "Change a setting of the endpoint; without a value, choose one. To a list, add these values.",
      object({ kind: oneOf("setting"), setting: TEXT, value: optional(ANY_VALUE) }),
    ),
    described("Open this resource.", object({ kind: oneOf("resource"), type: TEXT, id: TEXT })),
    described("Open the endpoint's credentials.", object({ kind: oneOf("credentials") })),
  ),
);

const FINDING = named(
  "Finding",
  "Something an administrator must know about a request, even if it succeeded.",
  object({
    kind: { ...TEXT, examples: ["loss.cleared", "mass.members"] },
    severity: oneOf(...SEVERITIES),
    sentence: TEXT,
    reason: described("Why, with the values that show it.", TEXT),
    resources: described("Resources that it affects.", list(REFERENCE)),
    remedies: described(
      "What to change, the most likely cause first.",
      list(
        object({
          where: oneOf("identity-provider", "endpoint", "server"),
          text: TEXT,
          action: nullable(FINDING_ACTION),
        }),
      ),
    ),
  }),
);

export const EXCHANGE_ID = described("ID of the exchange.", INTEGER);

const SUMMARY_MEMBERS = {
  id: EXCHANGE_ID,
  position: described("Its position in the order of recording.", INTEGER),
  at: described("When the request arrived.", TIME),
  endpoint: described("Name of the endpoint; null if the request belongs to none that exists.", nullable(TEXT)),
  method: TEXT,
  path: described("Below the base URL of the endpoint.", TEXT),
  sentPath: described("With the path of the base URL, as sent.", TEXT),
  query: described("Without the question mark; empty without a query.", TEXT),
  status: INTEGER,
  durationUs: described("In microseconds.", INTEGER),
  split: described(
    "Parts of the duration in microseconds: queued, database, and until a write was durable.",
    object({ queueUs: INTEGER, databaseUs: INTEGER, durableUs: INTEGER }),
  ),
  clientAddress: TEXT,
  userAgent: TEXT,
  requestId: TEXT,
  credential: described("Label of the credential that was accepted.", nullable(TEXT)),
  outcomeKey: described("The same for exchanges with the same outcome, client and resource.", INTEGER),
  dialect: described("Kind of client.", TEXT),
  dialectName: described("Kind of client, for display; for an unknown client, its product or credential.", TEXT),
  severity: oneOf(...SEVERITIES),
  isProbe: described("Whether it tests the connection.", BOOLEAN),
  sentences: list(SENTENCE),
  findings: described("The most harmful first.", list(FINDING)),
  resources: described("Resources that were read or written; the main one comes first.", list(REFERENCE)),
  details: described(
    "Further details that exist: evidence for the kind of client, tolerances, why a credential was rejected, the " +
      "diagnosis of a failure, and changed settings before and after.",
    JSON_OBJECT,
  ),
};

/** In a list with folded exchanges. */
const REPEATS = object({ count: INTEGER, first: TIME, last: TIME });

export const FOUND_SUMMARY = named(
  "FoundExchange",
  "An exchange in a list.",
  object({
    ...SUMMARY_MEMBERS,
    repeats: optional(
      described(
        "With `repeats=fold`: how many have the same outcome, client and resource, of which this is the newest.",
        REPEATS,
      ),
    ),
  }),
);

export const SUMMARY = named(
  "ExchangeSummary",
  "A request and its response, without headers and bodies. Secrets were removed before it was recorded.",
  object(SUMMARY_MEMBERS),
);

export const HEADERS = described(
  "Names and values, in their order.",
  list({ ...list(TEXT), minItems: 2, maxItems: 2 }),
);

const MESSAGE = object({
  headers: HEADERS,
  body: described("If it is UTF-8; null without a body.", nullable(TEXT)),
  bodyBase64: described("If it is not UTF-8.", nullable(TEXT)),
  bodyBytes: described("Its original length.", INTEGER),
  isCut: described("Whether only a part was recorded.", BOOLEAN),
});

export const EXCHANGE = named(
  "Exchange",
  "A recorded request and its response.",
  object({ ...SUMMARY_MEMBERS, request: MESSAGE, response: MESSAGE }),
);
