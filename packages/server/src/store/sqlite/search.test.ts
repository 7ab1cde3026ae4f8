import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { ResourceModel } from "@scimtool/scim";
import { databasePlace } from "../../testing/database.ts";
import { ENTERPRISE, GROUP, LOCATIONS, queryOf, type Search, USER } from "../conformance/world.ts";
import type { FilterContext } from "../sql/filter.ts";
import { countSql } from "../sql/matching.ts";
import { oneSql, sectionPageSql } from "../sql/search.ts";
import { matchesSql } from "../sql/search-all.ts";
import { sectionsOf } from "../sql/sort.ts";
import type { Sql } from "../sql/sql.ts";
import { Connection } from "./connection.ts";
import { dialect } from "./dialect.ts";
import { openSqliteStore } from "./store.ts";

const ENDPOINT = 1;

const place = databasePlace();
const store = openSqliteStore(place.file);
const connection = new Connection(place.file, { readOnly: true, cacheKibibytes: 1_024 });
after(async () => {
  connection.close();
  await store.close();
  place.remove();
});

/** SQLite's query plan of a statement, one step a line. */
function explain({ text, values }: Sql): string {
  return connection
    .all(`EXPLAIN QUERY PLAN ${text}`, ...values)
    .map((row) => row[3])
    .join("\n");
}

function contextOf(model: ResourceModel): FilterContext {
  return { dialect, endpoint: ENDPOINT, model, locations: LOCATIONS };
}

const FIRST_PAGE = { after: undefined, limit: 100, offset: 0 };

/** The plan of the first page of a list. */
function planOf(model: ResourceModel, search: Search): string {
  const query = queryOf(model, search);
  const [first = "all"] = sectionsOf(query.sort, contextOf(model));
  return explain(sectionPageSql(contextOf(model), query, first, FIRST_PAGE));
}

/** The plan of a page after a position. */
function planBehind(model: ResourceModel, search: Search, value: string | number | null): string {
  const section = search.sortBy === undefined ? "all" : value === null ? "empty" : "filled";
  const page = { ...FIRST_PAGE, after: { key: 1, value } };
  return explain(sectionPageSql(contextOf(model), queryOf(model, search), section, page));
}

const BY_KEY = /SEARCH r USING .*\(.*rowid=\?\)/;
const BY_VALUE = /SEARCH v USING PRIMARY KEY \(endpoint=\? AND attribute=\? AND value=\?\)/;

/** Filters, and what their plan must contain. */
const PLANS: readonly (readonly [model: ResourceModel, filter: string, ...steps: RegExp[]])[] = [
  [USER, 'id eq "x"', /USING INDEX resource_by_id \(endpoint=\? AND id=\?\)/],
  [USER, 'userName eq "x"', /USING INDEX resource_by_user_name \(endpoint=\? AND user_name=\?\)/],
  [USER, 'userName sw "x"', /USING INDEX resource_by_user_name \(endpoint=\? AND user_name>\? AND user_name<\?\)/],
  [USER, 'externalId eq "x"', /resource_by_external_id \(endpoint=\? AND type=\? AND external_id=\?\)/],
  [USER, 'displayName eq "x"', /resource_by_display_name \(endpoint=\? AND type=\? AND display_name=\?\)/],
  [GROUP, 'displayName eq "x"', /(?:resource|group)_by_display_name \(endpoint=\?.* AND display_name=\?\)/],
  [GROUP, 'externalId eq "x"', /resource_by_external_id \(endpoint=\? AND type=\? AND external_id=\?\)/],
  [USER, "active eq true", /resource_by_active \(endpoint=\? AND type=\? AND active=\?\)/],
  [USER, 'meta.created eq "2026-01-01T00:00:00Z"', /resource_by_created \(endpoint=\? AND type=\? AND created_ms=\?\)/],
  [USER, 'meta.created gt "2026-01-01T00:00:00Z"', /resource_by_created \(endpoint=\? AND type=\? AND created_ms>\?\)/],
  [
    USER,
    'meta.lastModified eq "2026-01-01T00:00:00Z"',
    /resource_by_modified \(endpoint=\? AND type=\? AND modified_ms=\?\)/,
  ],
  [
    USER,
    'meta.lastModified gt "2026-01-01T00:00:00Z"',
    /resource_by_modified \(endpoint=\? AND type=\? AND modified_ms>\?\)/,
  ],
  [
    GROUP,
    'meta.lastModified ge "2026-01-01T00:00:00Z"',
    /resource_by_modified \(endpoint=\? AND type=\? AND modified_ms>\?\)/,
  ],
  [USER, 'emails.value eq "x"', BY_KEY, BY_VALUE],
  [USER, 'emails eq "x"', BY_KEY, BY_VALUE],
  [USER, 'emails[type eq "work" and value eq "x"]', BY_KEY, BY_VALUE],
  [USER, 'emails[value sw "x" and value eq "x"]', BY_KEY, BY_VALUE],
  [USER, 'emails[type eq "work"].value eq "x"', BY_KEY, BY_VALUE],
  [USER, `${ENTERPRISE}:employeeNumber eq "x"`, /resource_by_employee_number \(.* AND employee_number=\?\)/],
  [USER, 'name.familyName eq "x"', /resource_by_family_name \(.* AND family_name=\?\)/],
  [USER, 'name[familyName eq "x"]', /resource_by_family_name \(.* AND family_name=\?\)/],
  [USER, 'name.givenName eq "x"', /resource_by_given_name \(.* AND given_name=\?\)/],
  [USER, 'name.middleName eq "x"', /resource_by_middle_name \(.* AND middle_name=\?\)/],
  [USER, 'groups.value eq "x"', BY_KEY, /SEARCH m USING PRIMARY KEY \(endpoint=\? AND group=\?\)/],
  [GROUP, 'members.value eq "x"', BY_KEY, /SEARCH m USING COVERING INDEX member_by_member/],
  [GROUP, 'members.value eq "x" or members.value eq "y"', BY_KEY, /SEARCH m USING COVERING INDEX member_by_member/],
  [GROUP, 'members[value eq "x"]', BY_KEY, /SEARCH m USING COVERING INDEX member_by_member/],
  [GROUP, 'displayName eq "x" and members.value eq "y"', /_by_display_name \(.*display_name=\?\)|rowid=\?/],
  [USER, 'active eq true and userName eq "x"', /USING INDEX resource_by_user_name \(endpoint=\? AND user_name=\?\)/],
  [USER, 'userName eq "x" and active eq true', /USING INDEX resource_by_user_name \(endpoint=\? AND user_name=\?\)/],
  [USER, 'externalId eq "x" and active eq true', /resource_by_external_id/],
  [USER, 'userName eq "x" or emails.value eq "x"', /resource_by_user_name/, /rowid=\?/, BY_VALUE],
  [USER, 'userName eq "x" or externalId eq "x"', /resource_by_user_name/, /resource_by_external_id/],
];

/** A scan of all resources of a type, or of all types. */
const WALK = /SCAN r|SEARCH r USING (?:COVERING )?INDEX \w+ \(endpoint=\?(?: AND type=\?)?\)/;

describe("the plan of a query", () => {
  test("visits the values of an attribute once for all alternatives", () => {
    const { filter } = queryOf(GROUP, {
      filter: 'members.display co "x" or displayName co "y" or members[display co "z"]',
    });
    assert.ok(filter);
    assert.equal(explain(countSql(contextOf(GROUP), filter)).match(/SEARCH m/g)?.length, 1);
  });

  for (const [model, filter, ...steps] of PLANS) {
    test(`uses an index for ${filter} on ${model.type.name}`, () => {
      for (const groups of [false, true]) {
        const query = queryOf(model, { filter, groups });
        assert.ok(query.filter);
        const context = contextOf(model);
        for (const statement of [
          oneSql(context, query),
          sectionPageSql(context, query, "all", FIRST_PAGE),
          countSql(context, query.filter),
        ]) {
          const plan = explain(statement);
          for (const step of steps) assert.match(plan, step);
          assert.doesNotMatch(plan, WALK);
          assert.doesNotMatch(plan, /SCAN [mogv]\b/);
        }
      }
    });
  }

  const orders: readonly (readonly [model: ResourceModel, what: string, search: Search])[] = [
    [USER, "creation", {}],
    [GROUP, "creation", {}],
    [USER, "userName", { sortBy: "userName" }],
    [GROUP, "displayName", { sortBy: "displayName" }],
    [USER, "meta.created", { sortBy: "meta.created" }],
    [USER, "meta.lastModified", { sortBy: "meta.lastModified" }],
    [USER, "id", { sortBy: "id" }],
    [USER, "displayName", { sortBy: "displayName" }],
    [USER, "name.familyName", { sortBy: "name.familyName" }],
    [USER, "externalId", { sortBy: "externalId" }],
  ];
  for (const [model, what, search] of orders) {
    test(`reads a list of ${model.type.name} in the order of ${what} without sorting`, () => {
      assert.doesNotMatch(planOf(model, search), /TEMP B-TREE/);
    });
  }

  test("skips userNames within their index, in both directions", () => {
    for (const descending of [false, true]) {
      const plan = planOf(USER, { sortBy: "userName", descending });
      assert.match(plan, /COVERING INDEX resource_by_user_name/);
      assert.doesNotMatch(plan, /TEMP B-TREE/);
    }
  });

  test("sorts a list in descending order only within equal values, and only keys", () => {
    const plan = planOf(USER, { sortBy: "meta.created", descending: true });
    assert.match(plan, /COVERING INDEX resource_by_created/);
    assert.match(plan, /TEMP B-TREE FOR LAST TERM OF ORDER BY/);
    assert.doesNotMatch(plan, /TEMP B-TREE FOR ORDER BY/);
  });

  const places: readonly (readonly [search: Search, value: string | number | null, step: RegExp])[] = [
    [{}, null, /resource_by_type \(endpoint=\? AND type=\? AND rowid>\?\)/],
    [{ filter: "active eq true" }, null, /resource_by_active \(endpoint=\? AND type=\? AND active=\? AND rowid>\?\)/],
    [{ sortBy: "userName" }, "x", /resource_by_user_name \(endpoint=\? AND user_name>\?\)/],
    [{ sortBy: "userName", descending: true }, "x", /resource_by_user_name \(endpoint=\? AND .*user_name<\?\)/],
    [{ sortBy: "displayName" }, "x", /resource_by_display_name \(endpoint=\? AND type=\? AND display_name>\?\)/],
    [{ sortBy: "meta.created" }, 1, /resource_by_created \(endpoint=\? AND type=\? AND created_ms>\?\)/],
    [
      { sortBy: "meta.lastModified", descending: true },
      1,
      /resource_by_modified \(endpoint=\? AND type=\? AND .*modified_ms<\?\)/,
    ],
    [{ sortBy: "displayName" }, null, /resource_by_type \(endpoint=\? AND type=\? AND rowid>\?\)/],
  ];
  for (const [search, value, step] of places) {
    test(`starts after ${value ?? "a key"} if ${JSON.stringify(search)} is listed`, () => {
      const plan = planBehind(USER, search, value);
      assert.match(plan, step);
      assert.doesNotMatch(plan, /TEMP B-TREE FOR ORDER BY/);
    });
  }

  test("merges the ordered results of several types, without sorting", () => {
    const attributeOf = (model: ResourceModel) => queryOf(model, { sortBy: "displayName" }).sort?.attribute;
    for (const sortBy of [undefined, attributeOf]) {
      const shares = [USER, GROUP].map((model) => {
        const attribute = sortBy?.(model);
        const sort = attribute === undefined ? undefined : { attribute, descending: false };
        return {
          context: contextOf(model),
          query: { model, filter: undefined, sortBy: attribute, groups: false, members: false },
          sort,
        };
      });
      const statement = matchesSql(shares, sortBy === undefined ? "all" : "filled", undefined, false);
      assert.ok(statement);
      const plan = explain(statement);
      assert.match(plan, /MERGE \(UNION ALL\)/);
      assert.doesNotMatch(plan, /TEMP B-TREE/);
    }
  });
});
