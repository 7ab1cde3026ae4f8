import { SEVERITIES } from "../../../store/exchange.ts";
import {
  BOOLEAN,
  described,
  INTEGER,
  JSON_OBJECT,
  list,
  named,
  nullable,
  object,
  oneOf,
  type Schema,
  TEXT,
  TIME,
} from "../route-schema.ts";

const REFERENCE = named(
  "Reference",
  "A resource by its name.",
  object({
    type: described("Name of its resource type.", TEXT),
    id: TEXT,
    label: described("What people call it.", TEXT),
  }),
);

const SENTENCE = named(
  "Sentence",
  "Something that happened, for people.",
  object({ kind: { ...TEXT, examples: ["user.created", "failure.authentication"] }, text: TEXT }),
);

const SPLIT = described(
  "Parts of the duration in microseconds: the wait for its turn, the database, and until a write was durable.",
  object({ queueUs: INTEGER, databaseUs: INTEGER, durableUs: INTEGER }),
);

const DETAILS = described(
  "What is only shown, of what there is: evidence for the kind of client, notes on what was tolerated, why a credential " +
    "was not let in, the diagnosis of a failure, and of administration each setting before and after.",
  JSON_OBJECT,
);

export const EXCHANGE_ID = described("Id of the exchange.", INTEGER);

const SUMMARY_MEMBERS: Readonly<Record<string, Schema>> = {
  id: EXCHANGE_ID,
  position: described("Its place in the order of recording.", INTEGER),
  at: described("When the request came.", TIME),
  endpoint: described("Name of the endpoint; null for what belongs to none that there is.", nullable(TEXT)),
  method: TEXT,
  path: described("Below the base URL of the endpoint.", TEXT),
  query: described("Without its question mark; empty where there is none.", TEXT),
  status: INTEGER,
  durationUs: described("In microseconds.", INTEGER),
  split: SPLIT,
  clientAddress: TEXT,
  userAgent: TEXT,
  requestId: TEXT,
  credential: described("Label of the credential that was let in.", nullable(TEXT)),
  dialect: described("What kind of client it was.", TEXT),
  dialectName: described("The same for people.", TEXT),
  severity: oneOf(...SEVERITIES),
  isProbe: described("A test of the connection.", BOOLEAN),
  sentences: list(SENTENCE),
  resources: described("What it read or wrote; the one that it was about comes first.", list(REFERENCE)),
  details: DETAILS,
};

export const SUMMARY = named(
  "ExchangeSummary",
  "A request and its answer, without headers and bodies. Secrets were taken out before it was recorded.",
  object(SUMMARY_MEMBERS),
);

export const HEADERS = described(
  "Names and values, in their order.",
  list({ type: "array", items: TEXT, minItems: 2, maxItems: 2 }),
);

const MESSAGE = object({
  headers: HEADERS,
  body: described("Where it is UTF-8; null where there was none.", nullable(TEXT)),
  bodyBase64: described("Where it is not.", nullable(TEXT)),
  bodyBytes: described("How long it was.", INTEGER),
  isCut: described("Whether less was kept than there was.", BOOLEAN),
});

export const EXCHANGE = named(
  "Exchange",
  "A request and its answer as they were recorded.",
  object({ ...SUMMARY_MEMBERS, request: MESSAGE, response: MESSAGE }),
);

export const AT_EXCHANGE = object({ id: EXCHANGE_ID });
