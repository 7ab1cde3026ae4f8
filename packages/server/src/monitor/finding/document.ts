import { describeDialect } from "../dialect/client.ts";
import { finding } from "./finding.ts";
import { FINDINGS, type FindingKind } from "./kinds.ts";

const HEAD = `# Findings

All warnings about requests that do harm, are wrong or cost too much, the most harmful first. This page
is generated from \`monitor/finding/kinds.ts\` by \`node scripts/write-sentences.ts\`: each kind with an example, as a client
of ${describeDialect("entra")} gets it. Words in \`code\` are settings of the endpoint.
`;

const WHERE = {
  "identity-provider": "At the identity provider",
  endpoint: "In the settings of the endpoint",
  server: "Here",
} as const;

/** All findings with their examples, as Markdown, so that they can be read in one go. */
export function sentencesDocument(): string {
  const sections = (Object.keys(FINDINGS) as FindingKind[]).map((kind) => {
    const { example } = FINDINGS[kind];
    const versions = [{ id: "2819c223", revision: 1 }];
    const { severity, sentence, reason, remedies } = finding(kind, { label: undefined, dialect: "entra" }, example, {
      versions,
    });
    const lines = remedies.map(({ where, text }) => `- ${WHERE[where]}: ${text}`);
    return `## ${kind} (${severity})\n\n**${sentence}**\n\n${reason}\n\n${lines.join("\n")}\n`;
  });
  return [HEAD, ...sections].join("\n");
}
