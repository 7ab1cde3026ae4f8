import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { CATALOGUE } from "../packages/server/src/conformance/requirements/catalogue.ts";
import type { Requirement, Section } from "../packages/server/src/conformance/requirements/requirement.ts";
import { VALIDATORS } from "../packages/server/src/conformance/validators/lists.ts";

// Generates docs/conformance.md from the catalogue and the tests' source: npm run conformance

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CONFORMANCE = "packages/server/src/conformance";
const PAGE = join(ROOT, "docs/conformance.md");

/** A test and what it cites: IDs of requirements, sections, or a check of a validator's list. */
export type CitedTest = { readonly file: string; readonly title: string; readonly cites: readonly string[] };

const TEXT = /(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/.source;
const SHOWS = new RegExp(`\\bshows\\(\\s*(${TEXT}|\\[(?:\\s*${TEXT},?)+\\s*\\]),\\s*(${TEXT})`, "g");
const PASSES = new RegExp(`\\bpasses\\(\\s*([A-Z_]+),\\s*(${TEXT})`, "g");
const CITING = /\b(?:test|describe)\(\s*["'`]\[(RFC \d+ §[^\]]+)\]\s*((?:[^"'`\\]|\\.)*)/g;

/**
 * Reads the calls of `shows` and `passes` in a test file.
 * @throws Error for a call whose arguments are not literals, because it would be missed
 */
export function citedTests(file: string, source: string): CitedTest[] {
  const code = source.replace(/^import\b[^;]*;/gm, "");
  const shown = [...code.matchAll(SHOWS)].map(([, ids = "", title = ""]) => ({
    file,
    title: unquoted(title),
    cites: [...ids.matchAll(new RegExp(TEXT, "g"))].map(([id]) => unquoted(id)),
  }));
  const passed = [...code.matchAll(PASSES)].map(([, list = "", check = ""]) => ({
    file,
    title: unquoted(check),
    cites: [`${list}: ${unquoted(check)}`],
  }));
  const calls = code.match(/\b(?:shows|passes)\(/g)?.length ?? 0;
  if (calls !== shown.length + passed.length) {
    throw new Error(`${file}: the ids and the title of each test must be written as literals.`);
  }
  return [...shown, ...passed];
}

/** Reads the tests of any file whose title begins with a section, such as `[RFC 7643 §2.2] …`. */
export function sectionTests(file: string, source: string): CitedTest[] {
  return [...source.matchAll(CITING)].map(([, cited = "", title = ""]) => {
    const rfc = /RFC \d+/.exec(cited)?.[0] ?? "";
    return { file, title, cites: [...cited.matchAll(/§[\d.]+\d|§\d/g)].map(([place]) => `${rfc} ${place}`) };
  });
}

function unquoted(literal: string): string {
  return literal.slice(1, -1).replace(/\\(.)/g, "$1");
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}

function testsOf(files: readonly string[], read: typeof citedTests): CitedTest[] {
  return files.flatMap((file) => read(file, readFileSync(join(ROOT, file), "utf8")));
}

function byCited(tests: readonly CitedTest[]): ReadonlyMap<string, readonly CitedTest[]> {
  const map = new Map<string, CitedTest[]>();
  for (const test of tests) for (const cited of test.cites) map.set(cited, [...(map.get(cited) ?? []), test]);
  return map;
}

/** Requirements of the service provider without a test and without a reason. */
export function unshown(): Requirement[] {
  const shown = byCited(testsOf(filesBelow(CONFORMANCE), citedTests));
  return CATALOGUE.flatMap(({ requirements }) => requirements).filter(
    ({ id, untested }) => untested === undefined && !shown.has(id),
  );
}

/** Checks of the validators' lists without a test. */
export function unpassed(): string[] {
  const shown = byCited(testsOf(filesBelow(CONFORMANCE), citedTests));
  return Object.entries(VALIDATORS)
    .flatMap(([list, { checks }]) => checks.map((check) => `${list}: ${check}`))
    .filter((check) => !shown.has(check));
}

/** The generated page. */
export function conformancePage(): string {
  const own = filesBelow(CONFORMANCE);
  const shown = byCited(testsOf(own, citedTests));
  const others = [...filesBelow("packages/scim"), ...filesBelow("packages/server")].filter(
    (file) => !own.includes(file),
  );
  const further = byCited(testsOf(others, sectionTests));
  const all = CATALOGUE.flatMap(({ requirements }) => requirements);
  const tested = all.filter(({ id }) => shown.has(id)).length;
  const parts = CATALOGUE.map((section) => sectionText(section, shown, further));
  const lists = Object.entries(VALIDATORS).map(([name, { title, checks }]) =>
    [
      `### ${title}`,
      "",
      "| Check | Test |",
      "|---|---|",
      ...checks.map((check) => checkRow(name, check, shown)),
      "",
    ].join("\n"),
  );
  return [
    "# Conformance",
    "",
    "The requirements of RFC 7644 (protocol), RFC 7643 (schemas, only about attributes) and RFC 9865 (cursors), each with the test that proves it. Each test sends HTTP to a real server. `npm run conformance` generates this page. A test fails if the page is out of date, or if a requirement of the service provider has no test.",
    "",
    `${all.length} requirements: ${tested} with a test, ${all.length - tested} without. The table says why: they concern the client or the deployment, do not apply here, or are handled differently. SHALL and REQUIRED count as MUST, RECOMMENDED as SHOULD (RFC 2119); a rule is stated without these words.`,
    "",
    "## Lists of validators",
    "",
    ...lists,
    ...parts,
  ].join("\n");
}

function checkRow(list: string, check: string, shown: ReadonlyMap<string, readonly CitedTest[]>): string {
  const tests = shown.get(`${list}: ${check}`) ?? [];
  return `| ${cell(check)} | ${tests.map(({ file }) => linkTo(file)).join(", ")} |`;
}

function sectionText(
  { rfc, number, title, requirements }: Section,
  shown: ReadonlyMap<string, readonly CitedTest[]>,
  further: ReadonlyMap<string, readonly CitedTest[]>,
): string {
  const rows = requirements.map((requirement) => {
    const tests = shown.get(requirement.id) ?? [];
    const proof = requirement.untested ?? tests.map((test) => `${linkTo(test.file)}: ${test.title}`).join("<br>");
    return `| ${requirement.id.replace(/^.*-/, "")} | ${requirement.level} | ${cell(requirement.sentence)} | ${cell(proof)} |`;
  });
  const more = (further.get(`${rfc} §${number}`) ?? []).map(({ file }) => file);
  const files = [...new Set(more)];
  return [
    `## ${rfc} §${number} ${title}`,
    "",
    "| | Level | Requirement | Test |",
    "|---|---|---|---|",
    ...rows,
    "",
    ...(files.length === 0 ? [] : [`Further tests: ${files.map(linkTo).join(", ")}.`, ""]),
  ].join("\n");
}

function linkTo(file: string): string {
  return `[${file.replace(/^.*\//, "")}](../${file})`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

if (import.meta.main) {
  const missing = unshown();
  writeFileSync(PAGE, conformancePage());
  for (const { id, level, sentence } of missing) console.log(`no test: ${id} ${level} ${sentence}`);
  for (const check of unpassed()) console.log(`no test: ${check}`);
}
