import { styleText } from "node:util";
import { type Exchange, NoAnswer, scimClient, UnexpectedAnswer } from "@scimtool/check";
import { isObject } from "@scimtool/scim";
import { CommandRefused, INTERRUPTED_EXIT_CODE } from "./command.ts";
import { DemoInterrupted, playDay, type Tell } from "./demo-day.ts";
import { type FoundSecret, findSecret } from "./find-secret.ts";

/** Between two lines, for people who watch. */
const PAUSE_MS = 350;

export type DemoOptions = {
  readonly url: string;
  readonly secret?: string;
  readonly dataDir: string;
  readonly keep?: boolean;
};

/** `scimtool demo`: plays an identity provider's day against a running server. Sets exit code 1 when it cannot. */
export async function demo(options: DemoOptions): Promise<void> {
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
  };
  process.once("SIGINT", interrupt);
  try {
    const found = findSecret(options, "scim");
    await checkServer(options.url, found.secret);
    const begin = performance.now();
    const exchanges: Exchange[] = [];
    const made = await playDay({
      connection: { baseUrl: options.url, token: found.secret, observe: (exchange) => exchanges.push(exchange) },
      run: Date.now().toString(36).slice(-5),
      keep: options.keep === true,
      tell: teller(),
      isInterrupted: () => interrupted,
    });
    console.log(summary(exchanges, made, performance.now() - begin, options, found));
  } catch (error) {
    process.exitCode = error instanceof DemoInterrupted ? INTERRUPTED_EXIT_CODE : 1;
    console.error(`scimtool demo: ${explain(error as Error)}`);
  } finally {
    process.off("SIGINT", interrupt);
  }
}

/** One request, so that a wrong address or secret is told before anything is played. */
async function checkServer(baseUrl: string, token: string): Promise<void> {
  const headers = { userAgent: "scimtool demo", contentType: SCIM_JSON, accept: SCIM_JSON, blank: "%20" } as const;
  const { status, responseBody } = await scimClient({ baseUrl, token, headers }).get("/Users", { count: 0 });
  if (status === 200 && isObject(responseBody)) return;
  if (status === 401 || status === 403) {
    throw new CommandRefused(
      `the server at ${baseUrl} refuses the secret (${status}). Give the SCIM secret that it printed at its first ` +
        "start by --secret or SCIM_SHARED_SECRET, or the data folder of this server by --data-dir.",
    );
  }
  throw new CommandRefused(
    `${baseUrl} is not a SCIM base URL: ${baseUrl}/Users answered ${status}. ` +
      "Give the SCIM base URL that the server printed at its start by --url.",
  );
}

const SCIM_JSON = "application/scim+json";

function explain(error: Error): string {
  if (error instanceof NoAnswer) return `${error.message} (npm start serves on http://127.0.0.1:8080.)`;
  if (error instanceof UnexpectedAnswer) return `the server answered otherwise than expected: ${error.message}`;
  return error instanceof CommandRefused || error instanceof DemoInterrupted
    ? error.message
    : (error.stack ?? error.message);
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
  made: { readonly users: number; readonly groups: number },
  durationMs: number,
  { url, keep }: DemoOptions,
  { inShell }: FoundSecret,
): string {
  const refused = exchanges.filter(({ status }) => status >= 400).length;
  const serverMs = exchanges.reduce((sum, exchange) => sum + exchange.durationMs, 0);
  const users = `${url.replace(/\/*(\?.*)?$/, "")}/Users`;
  return `
${exchanges.length} requests in ${(durationMs / 1_000).toFixed(1)} s, ${(serverMs / exchanges.length).toFixed(1)} ms each: ${exchanges.length - refused} accepted, ${refused} refused, as a repeated creation should be.
${made.users} people and ${made.groups} groups were made${keep === true ? " and are still there." : ", and removed at the end. Leave them there with: npm run demo -- --keep"}

See the people on the server:
  curl -H "Authorization: Bearer ${inShell}" '${users}'
`;
}
