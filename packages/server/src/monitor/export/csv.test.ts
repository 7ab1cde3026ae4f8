import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { csv } from "./csv.ts";
import { exchange } from "./testing/exchange.ts";
import { SURROUNDINGS, written } from "./testing/written.ts";

type Own = Parameters<typeof exchange>[0];

/** A table as RFC 4180 has it, read with some separator, as a spreadsheet may be set. */
function read(text: string, separator = ","): string[][] {
  const rows: string[][] = [];
  let [row, value, isQuoted, isBegun]: [string[], string, boolean, boolean] = [[], "", false, false];
  const endValue = () => {
    row.push(value);
    [value, isBegun] = ["", false];
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (isQuoted) {
      if (character !== '"') value += character;
      else if (text[at + 1] === '"') value += text[++at];
      else isQuoted = false;
    } else if (character === '"' && !isBegun) [isQuoted, isBegun] = [true, true];
    else if (character === separator) endValue();
    else if (character === "\n" || character === "\r") {
      if (character === "\r" && text[at + 1] === "\n") at++;
      endValue();
      rows.push(row);
      row = [];
    } else {
      value += character;
      isBegun = true;
    }
  }
  return value === "" && row.length === 0 ? rows : [...rows, [...row, value]];
}

/** By the names of columns. */
function rows(...exchanges: Own[]): Record<string, string>[] {
  const text = written(csv(SURROUNDINGS), exchanges.map(exchange));
  assert.equal(text[0], "\uFEFF");
  const [columns = [], ...lines] = read(text.slice(1));
  for (const line of lines) assert.equal(line.length, columns.length);
  return lines.map((line) => Object.fromEntries(columns.map((column, at) => [column, line[at] ?? ""])));
}

test("each sentence has a line, with everything of its exchange", () => {
  const [first, second, ...more] = rows({
    query: "count=1",
    sentences: [
      { kind: "user.created", text: 'Alice "Al" Young, of\nSales' },
      { kind: "members.added", text: "Alice joined Finance" },
    ],
    resources: [{ id: "u1", type: "User", label: "Alice" }],
  });
  assert.deepEqual(more, []);
  assert.deepEqual(first, {
    exchange: String(exchange().id),
    at: "2024-11-24T08:00:00.000Z",
    endpoint: "default",
    kind: "user.created",
    sentence: 'Alice "Al" Young, of\nSales',
    severity: "info",
    method: "GET",
    path: "/Users",
    query: "count=1",
    status: "200",
    durationUs: "1500",
    credential: "Entra ID",
    client: "Entra ID (default dialect)",
    clientAddress: "192.0.2.1",
    userAgent: "AzureAD-Prov/1.0",
    requestId: "req-1",
    isProbe: "false",
    findings: "",
    resourceType: "User",
    resourceId: "u1",
    resourceLabel: "Alice",
  });
  assert.equal(second?.["sentence"], "Alice joined Finance");
  assert.equal(second?.["exchange"], first?.["exchange"]);
});

test("an exchange of which nothing is told has one line; one that belongs to no endpoint names none", () => {
  const [only, ...more] = rows({ sentences: [], endpoint: undefined, credential: undefined });
  assert.deepEqual(more, []);
  assert.deepEqual([only?.["sentence"], only?.["kind"], only?.["endpoint"], only?.["credential"]], ["", "", "", ""]);
});

test("lines end in CR LF, and nothing else does", () => {
  const text = written(csv(SURROUNDINGS), [exchange({ sentences: [{ kind: "x", text: "a\r\nb\rc\nd" }] })]);
  assert.equal(text.split("\r\n").length, 3);
  assert.ok(!text.replaceAll("\r\n", "").includes("\r"));
  assert.ok(text.includes('"a\nb\nc\nd"'));
});

test("no value is a formula, whatever a spreadsheet takes for a separator", () => {
  const dangerous = fc.constantFrom(
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1",
    '=HYPERLINK("x")',
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
  );
  const glue = fc.constantFrom("", ";", ",", "\t", "\n", "\r\n", '"', " ", "a", "\u00A0");
  const value = fc
    .array(fc.tuple(glue, dangerous, glue), { minLength: 1, maxLength: 3 })
    .map((all) => all.flat().join(""));
  const isFormula = (cell: string) => /^\s*[=+\-@＝＋－＠]/.test(cell);
  fc.assert(
    fc.property(value, value, value, (userAgent, query, text) => {
      const exchanges = [
        exchange({ userAgent, query, sentences: [{ kind: "x", text }], requestId: text, credential: query }),
      ];
      const table = written(csv(SURROUNDINGS), exchanges).slice(1);
      for (const separator of [",", ";", "\t"]) {
        for (const cell of read(table, separator).flat()) assert.ok(!isFormula(cell), JSON.stringify(cell));
      }
    }),
  );
});

test("what is no formula stays as it is", () => {
  const harmless = ["a=b", "a;b", "x - y", "1,5", 'say "x"', "it's", 'filter=userName eq "a"', "user@example.com"];
  for (const text of harmless) {
    assert.equal(rows({ sentences: [{ kind: "x", text }] })[0]?.["sentence"], text);
  }
});

test("a long value does not take long", () => {
  const startMs = performance.now();
  for (const character of ["\n", "\t", " ", ";", "\r"]) {
    rows({ sentences: [{ kind: "x", text: character.repeat(200_000) }] });
  }
  assert.ok(performance.now() - startMs < 3_000);
});
