import { clientName, type Dialect, dialectsOf } from "../dialect/client.ts";
import { finding } from "./finding.ts";
import type { FindingText } from "./finding-text.ts";
import { FINDINGS, type FindingKind } from "./kinds.ts";

const HEAD = `# Findings

All warnings about requests that do harm, are wrong or cost too much, by subject, each with an example. A request
shows its most severe finding first. This page is generated from \`monitor/finding/*-texts.ts\` by
\`node scripts/write-sentences.ts\`.
`;

const WHERE = {
  "identity-provider": "At the identity provider",
  endpoint: "In the endpoint's settings",
  server: "On this server",
} as const;

/** All findings with their examples, as Markdown, so that they can be read in one go. */
export function sentencesDocument(): string {
  const sections = (Object.keys(FINDINGS) as FindingKind[]).map((kind) => {
    const { example }: FindingText = FINDINGS[kind];
    const versions = [{ id: "2819c223", revision: 1 }];
    const by = { label: undefined, dialect: dialectOf(String(example["actor"])) };
    const { severity, sentence, reason, remedies } = finding(kind, by, example, { versions });
    const lines = remedies.map(({ where, text }) => `- ${WHERE[where]}: ${text}`);
    return `## ${kind} (${severity})\n\n**${sentence}**\n\n${reason}\n\n${lines.join("\n")}\n`;
  });
  return [HEAD, ...sections].join("\n");
}

/** Of a client that an example names: "Ping Identity". Others are in quotes. */
function dialectOf(client: string): Dialect {
  const [dialect] = dialectsOf(client) as Dialect[];
  return dialect !== undefined && clientName(dialect) !== undefined ? dialect : "unknown";
}
