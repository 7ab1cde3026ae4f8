#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// Compiled code of this program is kept between starts: half of the time to the first answer.
enableCompileCache();

const { runCommandLine } = await import("./program.ts");
await runCommandLine(process.argv);
