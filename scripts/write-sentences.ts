import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sentencesDocument } from "../packages/server/src/monitor/finding/document.ts";

writeFileSync(join(import.meta.dirname, "../docs/sentences.md"), sentencesDocument());
