// HTTP Archive 1.2 as JSON Schema, after http://www.softwareishard.com/blog/har-12-spec/: which fields there are, which
// of them may be left out, and that those that begin with an underscore are anybody's own.

type Members = Readonly<Record<string, object>>;

function record(required: Members, optional: Members = {}): object {
  return {
    type: "object",
    properties: { ...required, ...optional, comment: { type: "string" } },
    required: Object.keys(required),
    patternProperties: { "^_": {} },
    additionalProperties: false,
  };
}

const TEXT = { type: "string" };
const TIME = { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}(?:Z|[+-]\\d\\d:\\d\\d)$" };
const COUNT = { type: "integer", minimum: 0 };
const DURATION = { type: "number", minimum: 0 };
/** -1 where it is not known, or does not apply. */
const KNOWN_COUNT = { type: "integer", minimum: -1 };
const KNOWN_DURATION = { anyOf: [DURATION, { const: -1 }] };

const list = (items: object) => ({ type: "array", items });
const NAMED_VALUE = record({ name: { type: "string", minLength: 1 }, value: TEXT });
const PARAMETER = record({ name: TEXT, value: TEXT });

const COOKIE = record(
  { name: TEXT, value: TEXT },
  { path: TEXT, domain: TEXT, expires: TIME, httpOnly: { type: "boolean" }, secure: { type: "boolean" } },
);

const POST_DATA = {
  ...record({ mimeType: TEXT }, { params: list(PARAMETER), text: TEXT }),
  oneOf: [{ required: ["params"] }, { required: ["text"] }],
};

const REQUEST = record(
  {
    method: { type: "string", pattern: "^[A-Z]+$" },
    url: { type: "string", pattern: "^https?://[^\\s#]+$" },
    httpVersion: { type: "string", pattern: "^HTTP/" },
    cookies: list(COOKIE),
    headers: list(NAMED_VALUE),
    queryString: list(PARAMETER),
    headersSize: KNOWN_COUNT,
    bodySize: KNOWN_COUNT,
  },
  { postData: POST_DATA },
);

const CONTENT = record({ size: COUNT, mimeType: TEXT }, { compression: COUNT, text: TEXT, encoding: TEXT });

const RESPONSE = record({
  status: { type: "integer", minimum: 100, maximum: 599 },
  statusText: TEXT,
  httpVersion: { type: "string", pattern: "^HTTP/" },
  cookies: list(COOKIE),
  headers: list(NAMED_VALUE),
  content: CONTENT,
  redirectURL: TEXT,
  headersSize: KNOWN_COUNT,
  bodySize: KNOWN_COUNT,
});

const TIMINGS = record(
  { send: DURATION, wait: DURATION, receive: DURATION },
  { blocked: KNOWN_DURATION, dns: KNOWN_DURATION, connect: KNOWN_DURATION, ssl: KNOWN_DURATION },
);

const CACHED = record({ lastAccess: TEXT, eTag: TEXT, hitCount: COUNT }, { expires: TEXT });

const ENTRY = record(
  {
    startedDateTime: TIME,
    time: DURATION,
    request: REQUEST,
    response: RESPONSE,
    cache: record({}, { beforeRequest: CACHED, afterRequest: CACHED }),
    timings: TIMINGS,
  },
  { pageref: TEXT, serverIPAddress: TEXT, connection: TEXT },
);

const PAGE = record({
  startedDateTime: TIME,
  id: TEXT,
  title: TEXT,
  pageTimings: record({}, { onContentLoad: KNOWN_DURATION, onLoad: KNOWN_DURATION }),
});

const PROGRAM = record({ name: TEXT, version: TEXT });

export const HAR_SCHEMA = {
  type: "object",
  properties: {
    log: record(
      { version: { const: "1.2" }, creator: PROGRAM, entries: list(ENTRY) },
      { browser: PROGRAM, pages: list(PAGE) },
    ),
  },
  required: ["log"],
  additionalProperties: false,
};
