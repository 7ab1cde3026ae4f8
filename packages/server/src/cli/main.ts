#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// Keeping compiled code between starts halves the time to the first answer.
enableCompileCache();

const { runCommandLine } = await import("./program.ts");
await runCommandLine(process.argv);
