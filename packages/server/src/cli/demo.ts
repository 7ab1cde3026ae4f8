import { styleText } from "node:util";
import { type Exchange, entraId, okta } from "@scimtool/check";
import type { Command } from "commander";
import type { ShownEndpoint } from "../http/api/endpoints.ts";
import { type AskedServer, addressOf, addServerOptions, askServer, deleteOnServer, hideSecret } from "./ask-server.ts";
import { CommandError, optionsOf, runCommand } from "./command.ts";
import { checkResult, playEntraDay, playOktaDay, type Tell } from "./demo-day.ts";
import { createToken, endpointPath } from "./endpoint-api.ts";
import { ask } from "./terminal.ts";
import { curlLine } from "./token.ts";

/** The pause after each line on a terminal. */
const PAUSE_MS = 350;

/** The longest that deleting the endpoint may take. */
const DELETE_TIMEOUT_MS = 60_000;

type DemoServer = AskedServer & { readonly keep?: boolean };

export function addDemoCommand(program: Command): void {
  addServerOptions(program.command("demo"))
    .description("play a day of Entra ID and Okta in an endpoint of its own")
    .option("--keep", "do not delete that endpoint afterwards")
    .action((_, command) =>
      runCommand("scimtool demo", (interruption) => demo({ ...optionsOf<DemoServer>(command), interruption })),
    );
}

async function demo(server: DemoServer): Promise<void> {
  const name = `demo-${Date.now().toString(36)}`;
  await askServer<ShownEndpoint>(server, "POST", "/api/endpoints", "inForce", { name });
  // Without a reader, as after `| head`, the demo ends as with Ctrl-C.
  const endWithReader = ({ code }: NodeJS.ErrnoException) => {
    if (code === "EPIPE") process.kill(process.pid, "SIGINT");
  };
  process.stdout.once("error", endWithReader);
  try {
    await playIn(server, name);
    if (server.keep !== true && process.stdin.isTTY && process.stdout.isTTY) {
      const question = `See what happened: ${addressOf(server)}/ \nPress Enter to delete the endpoint ${name}. `;
      await ask(question, server.interruption);
    }
  } finally {
    process.stdout.off("error", endWithReader);
    if (server.keep !== true) await deleteEndpoint(server, name);
  }
}

async function playIn(server: DemoServer, name: string): Promise<void> {
  const { secret } = await createToken(server, name, "demo");
  // The base URL by which this command reaches the server. Its public URL may be another one.
  const baseUrl = `${addressOf(server)}/scim/endpoints/${name}/v2`;
  const exchanges: Exchange[] = [];
  const observe = (exchange: Exchange) => exchanges.push(exchange);
  const connection = { baseUrl, token: secret, signal: server.interruption, observe };
  const providers = { entra: entraId(connection), okta: okta(connection, "catalogue") };
  try {
    await playEntraDay(providers.entra, tell);
    await playOktaDay(providers.okta, tell);
    await checkResult([providers.entra, providers.okta]);
  } catch (error) {
    if (server.interruption.aborted) throw error;
    throw new CommandError(hideSecret((error as Error).message, secret));
  }
  const states = Object.values(providers).map(({ state }) => state);
  const users = states.reduce((sum, state) => sum + state.users.size, 0);
  const groups = states.reduce((sum, state) => sum + state.groups.size, 0);
  const rejected = exchanges.filter(({ status }) => status >= 400).length;
  console.log(
    `\n${exchanges.length} requests, ${rejected} of them rejected, as they should be. ` +
      `The endpoint ${name} has ${users} users and ${groups} groups.`,
  );
  if (server.keep === true) console.log(`\nSee the users:\n  ${curlLine({ secret, baseUrl })}`);
}

/** Interrupting the demo must not interrupt this. */
async function deleteEndpoint(server: DemoServer, name: string): Promise<void> {
  const uninterrupted = { ...server, interruption: AbortSignal.timeout(DELETE_TIMEOUT_MS) };
  try {
    await deleteOnServer(uninterrupted, endpointPath(name), { confirm: name });
    console.log(`Deleted the endpoint ${name}.`);
  } catch (error) {
    process.exitCode = 1;
    console.error(
      `scimtool demo: could not delete the endpoint ${name}: ${(error as Error).message} ` +
        `Delete it with scimtool endpoint delete ${name}.`,
    );
  }
}

const tell: Tell = async (actor, action, { status, durationMs }) => {
  const result = `(${status}, ${Math.max(1, Math.round(durationMs))} ms)`;
  console.log(`${paint("cyan", actor)} ${action} ${paint(status < 300 ? "green" : "yellow", result)}`);
  if (process.stdout.isTTY) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
};

/** Colours only on a terminal that shows them: styleText checks the stream, NO_COLOR and FORCE_COLOR. */
function paint(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: process.stdout });
}
