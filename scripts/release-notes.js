// Prints the section of CHANGELOG.md about a version: node scripts/release-notes.js v0.2.0. Runs on any Node.js.
import { readFileSync } from "node:fs";

const [, , tag = ""] = process.argv;
const read = (/** @type {string} */ file) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(1);
}

const { version } = JSON.parse(read("package.json"));
if (tag !== `v${version}`) fail(`The tag ${tag} is not the version of package.json, ${version}.`);
const parts = read("CHANGELOG.md").split(/^(?=## )/m);
const part = parts.find((text) => text.startsWith(`## [${version}]`));
if (part === undefined) fail(`CHANGELOG.md has no heading "## [${version}] - <date>". Rename "## [Unreleased]".`);
console.log(part.split("\n").slice(1).join("\n").trim());
