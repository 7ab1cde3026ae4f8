import { addAbortSignal } from "node:stream";
import { text } from "node:stream/consumers";
import type { CheckResult, TrustResult, TryResult } from "../http/api/try-token.ts";
import { askServer } from "./ask-server.ts";
import { CommandRefused, runCommand } from "./command.ts";
import { table } from "./table.ts";
import { formatTime } from "./text.ts";
import type { AtEndpointOptions } from "./token-options.ts";
import { scopesText } from "./token-text.ts";
import { trustsPath } from "./trust-answer.ts";

/** `scimtool trust try`: whether a token would be accepted. Sets exit code 1 when it would not. */
export function trustTry(given: string | undefined, options: AtEndpointOptions): Promise<void> {
  const { json, endpoint, ...server } = options;
  return runCommand("scimtool trust try", async (interruption) => {
    const token = (given ?? (await fromStandardInput(interruption))).trim();
    if (token === "") throw new CommandRefused("there is no token. Give it as an argument, or by standard input.");
    const result = await askServer<TryResult>(
      { ...server, interruption },
      "POST",
      `${trustsPath(endpoint)}/try`,
      "trusts",
      { token },
    );
    console.log(json === true ? JSON.stringify(result) : tryText(result));
    if (!result.accepted) process.exitCode = 1;
  });
}

async function fromStandardInput(interruption: AbortSignal): Promise<string> {
  if (process.stdin.isTTY) console.error("Paste the token, then press Ctrl-D on a line of its own.");
  return text(addAbortSignal(interruption, process.stdin));
}

/** What came of it, for people: the verdict, then each trust's checks. */
export function tryText({ accepted, by, scopes, expires, failed, trusts }: TryResult): string {
  const verdict = accepted
    ? `Accepted by "${by}": it may ${scopesText(scopes)} until ${formatTime(Date.parse(expires ?? ""))}.`
    : `Not accepted.${trusts.length === 0 && failed !== null ? `\nExpected   ${failed.expected}\nReceived   ${failed.received}\n${failed.remedy}` : ""}`;
  return [verdict, ...trusts.map(trustText)].join("\n\n");
}

function trustText({ label, checks }: TrustResult): string {
  const rows = checks.map(({ verdict, check, expected, received }) => [
    `  ${WORDS[verdict]}`,
    check.replace("_", " "),
    expected ?? (check === "signature" ? "" : "anything"),
    received ?? "",
  ]);
  const remedies = checks.flatMap(({ remedy }) => (remedy === null ? [] : [`  ${remedy}`]));
  return [`Trust "${label}"`, table(["", "Check", "Expected", "Received"], rows), ...new Set(remedies)].join("\n");
}

const WORDS: Readonly<Record<CheckResult["verdict"], string>> = { fits: "fits", fails: "FAILS", unknown: "unknown" };
