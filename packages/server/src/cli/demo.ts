import { styleText } from "node:util";
import { type Exchange, NoAnswer, scimClient, UnexpectedAnswer } from "@scimtool/check";
import { isObject } from "@scimtool/scim";
import { CommandRefused, oneLine } from "./command.ts";
import { ClaimBroken } from "./demo-claims.ts";
import { cleanUp, type Sent } from "./demo-clean-up.ts";
import { type Played, playDay, type Tell } from "./demo-day.ts";
import { type FoundSecret, findSecret } from "./find-secret.ts";
import { withoutSecret } from "./hide-secret.ts";
import { readUrl } from "./server-url.ts";
import { onSignals, SIGNAL_EXIT_CODES } from "./signals.ts";
import { count, shellWord } from "./text.ts";

/** Between two lines, for people who watch. */
const PAUSE_MS = 350;

const FLAG = "?aadOptscim062020";

export type DemoOptions = {
  readonly url: string;
  readonly secret?: string;
  readonly dataDir: string;
  readonly keep?: boolean;
};

/** It was asked to end, or nobody reads what it prints. It cleans up first. */
class DemoInterrupted extends Error {
  override readonly message = "interrupted.";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super();
    this.exitCode = exitCode;
  }
}

/** `scimtool demo`: plays an identity provider's day against a running server. Sets exit code 1 when it cannot. */
export async function demo(options: DemoOptions): Promise<void> {
  const day = new AbortController();
  const cleaning = new AbortController();
  let isCleaning = false;
  /** The first ends the day, and what was made is removed; the next one ends that as well. */
  const interrupt = (exitCode: number) => {
    (day.signal.aborted || isCleaning ? cleaning : day).abort(new DemoInterrupted(exitCode));
  };
  const forgetSignals = onSignals(["SIGINT", "SIGTERM"], (name) => interrupt(SIGNAL_EXIT_CODES[name]));
  const outputEnds = ({ code }: NodeJS.ErrnoException) => interrupt(code === "EPIPE" ? SIGNAL_EXIT_CODES.SIGINT : 1);
  process.stdout.once("error", outputEnds);
  let secret = "";
  try {
    const found = findSecret(options, "scim");
    ({ secret } = found);
    readUrl(options.url, "the SCIM base URL, such as http://127.0.0.1:8080/scim/v2");
    await checkServer(options.url, secret, day.signal);
    const begin = performance.now();
    const exchanges: Exchange[] = [];
    const sent: Sent[] = [];
    const connection = {
      baseUrl: options.url,
      token: secret,
      observe: (exchange: Exchange) => exchanges.push(exchange),
    };
    const tell = teller();
    const stage = { connection: { ...connection, signal: day.signal }, run: newRun(), tell, sent };
    const played = await playDay(stage).catch((error: Error) => error);
    isCleaning = true;
    const left = options.keep === true ? [] : await cleanUp(sent, connection, tell, cleaning.signal);
    if (played instanceof Error) fail(played, secret, options.url);
    if (left.length > 0) tellLeft(left, secret);
    if (played instanceof Error || left.length > 0) return;
    console.log(summary(exchanges, played, performance.now() - begin, options, found));
  } catch (error) {
    fail(error as Error, secret, options.url);
  } finally {
    forgetSignals();
    process.stdout.off("error", outputEnds);
  }
}

function newRun(): string {
  return Date.now().toString(36).slice(-5);
}

/** One request, so that a wrong address or secret is told before anything is played. */
async function checkServer(baseUrl: string, token: string, signal: AbortSignal): Promise<void> {
  const headers = { userAgent: "scimtool demo", contentType: SCIM_JSON, accept: SCIM_JSON, blank: "%20" } as const;
  const exchange = await scimClient({ baseUrl, token, headers, signal }).get("/Users", { count: 0 });
  const { status, responseBody } = exchange;
  if (status === 200 && isObject(responseBody)) return;
  if (status === 401 || status === 403) {
    throw new CommandRefused(
      `the server at ${baseUrl} refuses the secret (${status}). Give the SCIM secret that it printed at its first ` +
        "start by --secret or SCIM_SHARED_SECRET, or the data folder of this server by --data-dir.",
    );
  }
  // It is one, and is busy or in trouble.
  if (status === 429 || status >= 500) throw new UnexpectedAnswer(exchange, "200 (RFC 7644 §3.4)");
  const location = exchange.headers.get("location");
  throw new CommandRefused(
    `${baseUrl} is not a SCIM base URL: ${baseUrl}/Users answered ${status}` +
      `${location === null ? "" : `, which sends on to ${location}`}. ` +
      "Give the SCIM base URL that the server printed at its start by --url.",
  );
}

const SCIM_JSON = "application/scim+json";

/** Tells why the demo ends early. What servers say may repeat the secret. */
function fail(error: Error, secret: string, url: string): void {
  process.exitCode = error instanceof DemoInterrupted ? error.exitCode : 1;
  console.error(withoutSecret(`scimtool demo: ${explain(error, url)}`, secret));
}

function tellLeft(left: readonly string[], secret: string): void {
  process.exitCode ||= 1;
  const lines = left.map((line) => `\n  ${oneLine(line)}`).join("");
  console.error(withoutSecret(`scimtool demo: this was not removed, or may still be there:${lines}`, secret));
}

function explain(error: Error, url: string): string {
  if (error instanceof NoAnswer) return oneLine(`${error.message} (npm start serves on http://127.0.0.1:8080.)`);
  if (error instanceof UnexpectedAnswer) {
    return oneLine(`the server answered otherwise than expected: ${error.message}${remedy(error, url)}`);
  }
  return error instanceof CommandRefused || error instanceof DemoInterrupted || error instanceof ClaimBroken
    ? oneLine(error.message)
    : (error.stack ?? error.message);
}

/** Entra ID departs from the RFCs by default; who holds clients to them refuses it. */
function remedy({ exchange }: UnexpectedAnswer, url: string): string {
  const isWrite = exchange.method === "POST" || exchange.method === "PATCH";
  if (exchange.status !== 400 || !isWrite || url.includes("?")) return "";
  return (
    ` Entra ID writes so unless its tenant URL ends in ${FLAG}: append that to --url, or have the server tolerate it ` +
    "(scimtool endpoint set default profile=tolerant)."
  );
}

/** Colours only where a terminal shows them: styleText looks at the stream, NO_COLOR and FORCE_COLOR. */
function paint(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

function teller(): Tell {
  return async (actor, action, { status, durationMs }) => {
    const outcome = `(${status}, ${Math.max(1, Math.round(durationMs))} ms)`;
    console.log(`${paint("cyan", actor)} ${action} ${paint(status < 300 ? "green" : "yellow", outcome)}`);
    if (process.stdout.isTTY) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  };
}

function summary(
  exchanges: readonly Exchange[],
  { users: people, groups, refusedChanges }: Played,
  durationMs: number,
  { url, keep }: DemoOptions,
  { inShell }: FoundSecret,
): string {
  // That what was deleted is gone is told by 404.
  const refused = exchanges.filter(({ method, status }) => status >= 400 && method !== "GET").length;
  const serverMs = exchanges.reduce((sum, exchange) => sum + exchange.durationMs, 0);
  const strict =
    refusedChanges === 0
      ? ""
      : `\n${count(refusedChanges, "change")} refused for not being written as the RFCs have it. Identity providers write so; the profile tolerant takes it.`;
  const users = shellWord(`${url.replace(/\/*(\?.*)?$/, "")}/Users`);
  return `
${exchanges.length} requests in ${(durationMs / 1_000).toFixed(1)} s, ${(serverMs / exchanges.length).toFixed(1)} ms each: ${exchanges.length - refused} accepted, ${refused} refused${refused === 1 ? ", as a repeated creation should be" : ""}.${strict}
${people} people and ${groups} groups were made${keep === true ? " and are still there." : ", and removed at the end. With --keep they stay."}

See the people on the server:
  curl -H "Authorization: Bearer ${inShell}" ${users}
`;
}
