import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { describe, test } from "node:test";
import { newReading, type QueryParameters } from "@scimtool/scim";
import fc from "fast-check";
import { GROUP, LOCATIONS, USER } from "../testing/directory.ts";
import { refusal } from "../testing/directory-actions.ts";
import { decodeCursor, encodeCursor, identityOf } from "./cursor.ts";
import { parseQueries } from "./search.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
const QUERY = "query";
const POSITION = { key: 7, value: "anna" };

function decode(text: string, identity = QUERY, nowMs = NOW_MS) {
  return decodeCursor(text, identity, { nowMs, timeoutSeconds: 60 });
}

const invalid = (detail: RegExp) => refusal(400, "invalidCursor", detail);

describe("a cursor", () => {
  test("[RFC 9865 §2] has only unreserved characters, and decodes to its content", () => {
    const value = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constant(null),
    );
    fc.assert(
      fc.property(fc.nat(), value, fc.option(fc.nat(), { nil: undefined }), (key, value, count) => {
        // JSON has no negative zero, and it is the same position.
        const cursor = { position: { key, value: value === 0 ? 0 : value }, count };
        const text = encodeCursor(cursor, QUERY, NOW_MS);
        assert.match(text, /^[A-Za-z0-9._~-]+$/);
        assert.deepEqual(decode(text), cursor);
      }),
    );
  });

  test("[RFC 9865 §2.1] is invalid if any character is missing or different", () => {
    const text = encodeCursor({ position: POSITION, count: 3 }, QUERY, NOW_MS);
    for (let at = 0; at < text.length; at++) {
      const without = text.slice(0, at) + text.slice(at + 1);
      const changed = `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
      for (const garbled of [without, changed]) {
        assert.throws(() => decode(garbled), invalid(/^This is not a cursor of this server.*empty cursor\.$/));
      }
    }
    for (const made of [`${text}.`, `${text}A`, ".", "VZUTiyhEQJ94IR"])
      assert.throws(() => decode(made), invalid(/empty/));
  });

  test("[RFC 9865 §2.1] is invalid if its digest is correct but its content is not", () => {
    const sealed = (content: unknown) => {
      const payload = Buffer.from(JSON.stringify(content)).toString("base64url");
      return `${payload}.${hash("sha256", payload, "base64url").slice(0, 12)}`;
    };
    assert.deepEqual(decode(sealed([7, "anna", 3, NOW_MS, QUERY])), { position: POSITION, count: 3 });
    const forged: unknown[] = [
      null,
      {},
      [],
      ["7", "anna", 3, NOW_MS, QUERY],
      [7.5, "anna", 3, NOW_MS, QUERY],
      [-1, "anna", 3, NOW_MS, QUERY],
      [7, true, 3, NOW_MS, QUERY],
      [7, ["anna"], 3, NOW_MS, QUERY],
      [7, "anna", -3, NOW_MS, QUERY],
      [7, "anna", "3", NOW_MS, QUERY],
      [7, "anna", 3, null, QUERY],
      [7, "anna", 3, NOW_MS],
      [7, "anna", 3, NOW_MS, QUERY, 1],
    ];
    for (const content of forged)
      assert.throws(() => decode(sealed(content)), invalid(/not a cursor of this server/), String(content));
    const payload = Buffer.from("no JSON").toString("base64url");
    assert.throws(
      () => decode(`${payload}.${hash("sha256", payload, "base64url").slice(0, 12)}`),
      invalid(/not a cursor of this server/),
    );
  });

  test("[RFC 9865 §2.1] is invalid with another query", () => {
    const text = encodeCursor({ position: POSITION, count: 3 }, QUERY, NOW_MS);
    assert.throws(() => decode(text, "another"), invalid(/belongs to another query\. Repeat the path, filter, sortBy/));
  });

  test("[RFC 9865 §2.1] expires if it was unused for longer than cursorTimeout", () => {
    const text = encodeCursor({ position: POSITION, count: 3 }, QUERY, NOW_MS);
    assert.deepEqual(decode(text, QUERY, NOW_MS + 60_000).position, POSITION);
    // A clock that was set back does not invalidate cursors.
    assert.deepEqual(decode(text, QUERY, NOW_MS - 5_000).position, POSITION);
    assert.throws(
      () => decode(text, QUERY, NOW_MS + 60_001),
      refusal(400, "expiredCursor", /older than 60 s \(cursorTimeout\)\. Start again with an empty cursor/),
    );
  });
});

describe("the identity of a query", () => {
  const identity = (
    parameters: Partial<QueryParameters>,
    endpoint = 1,
    models = [USER, GROUP],
    locations = LOCATIONS,
  ) => {
    const query = {
      sortOrder: "ascending",
      startIndex: 1,
      attributes: [],
      excludedAttributes: [],
      ...parameters,
    } as const;
    const types = parseQueries(query, models, newReading("tolerant"));
    const order = query.sortBy === undefined ? undefined : query.sortOrder;
    return identityOf({ endpoint, types, order, locations });
  };

  test("is the same for every spelling of the query, and for any returned attributes", () => {
    const plain = identity({ filter: 'userName sw "J" and emails[type eq "work"]', sortBy: "userName" });
    const spelled: Partial<QueryParameters>[] = [
      { filter: 'username SW "J" and (emails[ TYPE eq "work" ])', sortBy: "USERNAME" },
      { filter: 'userName sw "J" and emails[type eq "work"]', sortBy: "userName", attributes: ["id"] },
    ];
    for (const each of spelled) assert.equal(identity(each), plain);
  });

  test("differs by endpoint, types, filter, sortBy and sortOrder", () => {
    const elsewhere = new Map([["User", "https://elsewhere/"]]);
    const all = [
      identity({}),
      identity({}, 2),
      identity({}, 1, [USER]),
      identity({}, 1, [GROUP]),
      identity({ filter: "userName pr" }),
      identity({ filter: "title pr" }),
      identity({ filter: 'title eq "a"' }),
      identity({ filter: 'title eq "b"' }),
      identity({ filter: 'title co "b"' }),
      identity({ filter: 'not (title co "b")' }),
      identity({ sortBy: "userName" }),
      identity({ sortBy: "title" }),
      identity({ sortBy: "title", sortOrder: "descending" }),
      identity({ sortBy: "meta.location" }),
      identity({ sortBy: "meta.location" }, 1, [USER, GROUP], elsewhere),
    ];
    assert.equal(new Set(all).size, all.length);
    assert.equal(identity({}, 1, [USER], elsewhere), identity({}, 1, [USER]));
  });
});
