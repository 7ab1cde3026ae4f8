import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { completeConfig, configOptions } from "../config.ts";
import { startLines } from "./start-lines.ts";

test("the start tells that recording is off, and otherwise nothing of it", () => {
  const linesOf = (recording: string) => {
    const command = new Command();
    for (const option of configOptions()) command.addOption(option);
    command.parse(["--recording", recording], { from: "user" });
    return startLines({ scim: { kind: "given" }, admin: { kind: "given" } }, completeConfig(command.opts()), 8080);
  };
  assert.match(linesOf("off"), /^ {2}Recording is off: the page shows what was recorded before/m);
  assert.doesNotMatch(linesOf("on"), /Recording/);
});
