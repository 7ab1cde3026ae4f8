import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { costOf, PRICES } from "../packages/server/src/azure/cost.ts";
import { createProgram } from "../packages/server/src/cli/program.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const guides = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".md") && !/(^|\/)(node_modules|dist|data)\//.test(file))
  .map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));
const { scripts, repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The anchors that GitHub makes of the headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test("every relative link of a guide leads to a file, and to a heading in it", () => {
  const broken: string[] = [];
  for (const { file, text } of guides) {
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const place = path === "" ? join(root, file) : join(root, dirname(file), path);
      const isFound =
        existsSync(place) && (anchor === undefined || anchorsOf(readFileSync(place, "utf8")).includes(anchor));
      if (!isFound) broken.push(`${file}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

test("the guides of docs are all linked from the README", () => {
  const readme = guides.find(({ file }) => file === "README.md")?.text ?? "";
  for (const { file } of guides.filter((guide) => guide.file.startsWith("docs/"))) {
    assert.ok(readme.includes(`(${relative(".", file)})`), file);
  }
});

/** Command lines in code spans and in the code blocks of shells. */
function commandLines(text: string): string[] {
  const blocks = [...text.matchAll(/^( *)```(?:sh|powershell)\n([\s\S]*?)^\1```/gm)].flatMap(([, , code = ""]) =>
    code.replaceAll("\\\n", " ").split("\n"),
  );
  const spans = [...text.replaceAll(/^ *```[\s\S]*?^ *```/gm, "").matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
  return [...blocks, ...spans].flatMap((line) => line.split(/ \| | && |; /));
}

const STARTS_SCIMTOOL =
  /^(?:[A-Z_]+=\S* )*(?:npx )?(?:scimtool(?:@[\d.]+)?|npm(?: -s)? start(?: --)?|npm run demo(?= --)|node \/app\/scimtool\.mjs)(?: (.*))?$/;

/** @returns what is wrong with the words after `scimtool`; undefined if they are valid */
function problemOf(words: readonly string[]): string | undefined {
  let command: Command = createProgram(words.find((word) => !word.startsWith("-")));
  let argumentCount = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (/^([#<>…&]|\d>)/.test(word)) break;
    if (word.startsWith("-")) {
      const [flag = "", value] = word.split("=");
      const option = command.options.find(({ long, short }) => flag === long || flag === short);
      if (option === undefined && !["--help", "--version"].includes(flag)) return `${command.name()} has no ${flag}`;
      if (option?.required === true && value === undefined) at++;
      while (option?.variadic === true && words[at + 1]?.startsWith("-") === false) at++;
    } else if (command.commands.length > 0) {
      const found = word.split("|").map((name) => command.commands.find((child) => child.name() === name));
      if (found.includes(undefined)) return `${command.name()} has no command ${word}`;
      command = found.at(-1) ?? command;
    } else {
      argumentCount++;
      const { registeredArguments: declared } = command;
      if (argumentCount > declared.length && declared.at(-1)?.variadic !== true) {
        return `${command.name()} takes no further argument ${word}`;
      }
    }
  }
  return undefined;
}

test("every scimtool command, with its options, and every npm script that a guide names exists", () => {
  const wrong: string[] = [];
  let looked = 0;
  for (const { file, text } of guides) {
    for (const line of commandLines(text)) {
      for (const [, name = ""] of line.matchAll(/\bnpm run ([\w:-]+)/g)) {
        if (!(name in scripts)) wrong.push(`${file}: ${line}: no npm script ${name}`);
      }
      const [, rest] = STARTS_SCIMTOOL.exec(line.trim()) ?? [];
      if (rest === undefined) continue;
      looked++;
      const words = rest.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
      const problem = problemOf(words);
      if (problem !== undefined) wrong.push(`${file}: ${line.trim()}: ${problem}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(looked > 40, `${looked} commands checked`);
});

test("the messages that the guides explain are those of the program", () => {
  const sources = readdirSync(join(root, "packages"), { recursive: true, encoding: "utf8" })
    .filter((file) => /(?<!\.test)\.ts$/.test(file) && !file.includes("node_modules"))
    .map((file) => readFileSync(join(root, "packages", file), "utf8"))
    .join("\n");
  const unknown: string[] = [];
  let looked = 0;
  for (const { file, text } of guides) {
    const table = /\n\| Message +\|.*\n\|[- |]+\n((?:\|.*\n?)*)/.exec(text)?.[1] ?? "";
    for (const [, message = ""] of table.matchAll(/^\| `([^`]+)`/gm)) {
      looked++;
      if (!message.split("…").every((part) => sources.includes(part.trim()))) unknown.push(`${file}: ${message}`);
    }
  }
  assert.deepEqual(unknown, []);
  assert.ok(looked > 15, `${looked} messages checked`);
});

test("the Azure guide and the deploy script have the prices that the commands print", () => {
  const [guide, script] = ["docs/azure.md", "scripts/deploy-azure.ps1"].map((file) =>
    readFileSync(join(root, file), "utf8"),
  );
  const { idleReplica, storage, privateNetwork, logPerGb } = PRICES;
  for (const [settings, row] of [
    [{ minReplicas: 0, storage: "blob" }, `| about ${storage}: storage`],
    [{ minReplicas: 1, storage: "blob" }, `| about ${idleReplica + storage} `],
  ] as const) {
    assert.ok(guide?.includes(row), row);
    assert.match(costOf(settings), new RegExp(`^about ${/\d+/.exec(row)?.[0]} USD`));
  }
  assert.ok(guide?.includes(`| ${privateNetwork} more `) && guide.includes(`| ${logPerGb} per GB`));
  assert.ok(
    script?.includes(
      `$Prices = @{ AlwaysOn = ${idleReplica}; Storage = ${storage}; PrivateNetwork = ${privateNetwork} }`,
    ),
  );
});

test("the Deploy to Azure button, the one-liner and the script's template are those of the repository", () => {
  const [, name] = /^git\+https:\/\/github\.com\/(.+)\.git$/.exec(repository.url) ?? [];
  const raw = `https://raw.githubusercontent.com/${name}/main/`;
  const button = `https://portal.azure.com/#create/Microsoft.Template/uri/${encodeURIComponent(`${raw}deploy/azure/azuredeploy.json`)}`;
  const read = (file: string) => readFileSync(join(root, file), "utf8");
  for (const file of ["README.md", "docs/azure.md"]) assert.ok(read(file).includes(`](${button})`), file);
  assert.ok(read("docs/azure.md").includes(`irm ${raw}scripts/deploy-azure.ps1 | iex`));
  assert.ok(read("scripts/deploy-azure.ps1").includes(`$TemplateUrl = '${raw}deploy/azure/azuredeploy.json'`));
});
