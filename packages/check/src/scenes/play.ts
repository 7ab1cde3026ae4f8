import { randomUUID } from "node:crypto";
import { request } from "node:http";
import type { Json, JsonObject } from "@scimtool/scim";
import { sleep } from "../attack/target.ts";
import type { Scene, Step } from "./scene.ts";

/** What the product says about the last request of a scene. */
export type Told = {
  readonly request: string;
  readonly status: number;
  readonly sentences: readonly string[];
  readonly explanations: readonly Explanation[];
};

/** A finding or a diagnosis. */
type Explanation = {
  readonly what: string;
  readonly severity: string;
  readonly reason: string;
  readonly remedies: readonly { readonly where: string; readonly text: string }[];
};

type Server = { readonly port: number; readonly adminSecret: string };

type Exchange = {
  readonly id: number;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
  readonly sentences: readonly { readonly text: string }[];
  readonly findings: readonly (Omit<Explanation, "what"> & { readonly kind: string; readonly sentence: string })[];
  readonly details: {
    readonly diagnosis?: Pick<Explanation, "remedies"> & {
      readonly code: string;
      readonly why: string;
      /** The finding that says the same. */
      readonly coveredBy?: string;
    };
  };
};

const FIRST_CLIENT = "provisioning";
const RECORDED_WITHIN_MS = 10_000;
const LOOK_MS = 10;

/**
 * Plays a scene at an endpoint of its own.
 * @throws Error if an earlier request gets no ID that a later one needs, or the last one is not recorded
 */
export async function play(scene: Scene, endpoint: string, server: Server): Promise<Told> {
  const { port, adminSecret } = server;
  const admin = async (method: string, path: string, body?: Json): Promise<JsonObject> => {
    const answer = await send(port, { method, path: `/api${path}`, ...jsonOf(body) }, adminSecret);
    if (answer.status >= 300) throw new Error(`${method} /api${path} answered ${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text) as JsonObject;
  };
  await admin("POST", "/endpoints", { name: endpoint, settings: scene.settings ?? {} });
  const secrets = new Map<string, string>();
  const secretOf = async (label: string): Promise<string> => {
    const made =
      secrets.get(label) ??
      (await admin("POST", `/endpoints/${endpoint}/credentials`, { label, kind: "token" }))["secret"];
    secrets.set(label, String(made));
    return String(made);
  };
  const ids = new Map<string, string>([["base", `/scim/endpoints/${endpoint}/v2`]]);
  let requestId = "";
  for (const step of scene.steps) {
    const { token, as = FIRST_CLIENT, times = 1 } = step[2] ?? {};
    const secret = token === undefined ? await secretOf(as) : token;
    for (let time = 0; time < times; time++) {
      requestId = randomUUID();
      await sendStep(step, { port, secret, ids, requestId });
    }
  }
  return toldOf(await recorded(requestId, admin));
}

type Sending = {
  readonly port: number;
  readonly secret: string | null;
  readonly ids: Map<string, string>;
  readonly requestId: string;
};

async function sendStep([line, body, more = {}]: Step, { port, secret, ids, requestId }: Sending): Promise<void> {
  const [, name, method = "", where = ""] = /^(?:(\w+) = )?([A-Z]+) (.*)$/.exec(line) ?? [];
  const known = (text: string) => text.replace(/\$(\w+)\b/g, (all, each) => ids.get(each) ?? all);
  const path = known(where.startsWith("~") ? where.slice(1) : `${ids.get("base")}${where}`).replaceAll(" ", "%20");
  const content = jsonOf(Array.isArray(body) ? { schemas: [PATCH_OP], Operations: body } : body);
  const headers = { ...content.headers, "x-request-id": requestId, ...more.headers };
  const answer = await send(port, { method, path, text: known(content.text), headers }, secret);
  if (name === undefined) return;
  const { id } = JSON.parse(answer.text) as { id?: string };
  if (id === undefined) throw new Error(`${line} answered ${answer.status}: ${answer.text}`);
  ids.set(name, id);
}

const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

function jsonOf(body: Json | undefined): { text: string; headers: Record<string, string> } {
  if (body === undefined) return { text: "", headers: {} };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { text, headers: { "content-type": "application/scim+json" } };
}

type Sent = {
  readonly method: string;
  readonly path: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | null>>;
};

/** `fetch` would correct paths and add headers. */
function send(port: number, { method, path, text, headers }: Sent, secret: string | null): Promise<Answer> {
  const length = text === "" ? {} : { "content-length": String(Buffer.byteLength(text)) };
  const all = { ...(secret !== null && { authorization: `Bearer ${secret}` }), ...length, ...headers };
  const sent = Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null));
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, method, path, headers: sent }, async (incoming) => {
      const bytes = Buffer.concat(await incoming.toArray());
      resolve({ status: incoming.statusCode ?? 0, text: bytes.toString("utf8") });
    });
    outgoing.once("error", reject).end(text);
  });
}

type Answer = { readonly status: number; readonly text: string };

/** Exchanges are recorded after their response. */
async function recorded(requestId: string, admin: (method: string, path: string) => Promise<JsonObject>) {
  for (const beginMs = performance.now(); performance.now() - beginMs < RECORDED_WITHIN_MS; ) {
    const { exchanges } = (await admin("GET", `/exchanges?q=${requestId}`)) as unknown as { exchanges: Exchange[] };
    const [found] = exchanges;
    if (found !== undefined) return (await admin("GET", `/exchanges/${found.id}`)) as unknown as Exchange;
    await sleep(LOOK_MS);
  }
  throw new Error(`request ${requestId} was not recorded`);
}

function toldOf({ method, path, query, status, sentences, findings, details: { diagnosis } }: Exchange): Told {
  const found = findings.map(({ kind, sentence, ...finding }) => ({ ...finding, what: `${kind}: ${sentence}` }));
  const failed =
    diagnosis === undefined || diagnosis.coveredBy !== undefined
      ? []
      : [{ what: diagnosis.code, severity: "failure", reason: diagnosis.why, remedies: diagnosis.remedies }];
  return {
    request: `${method} ${path}${query === "" ? "" : `?${query}`}`,
    status,
    sentences: sentences.map(({ text }) => text),
    explanations: [...found, ...failed],
  };
}

/** Whether it says what happened and, unless the scene is fine, why and what to change. */
export function isAnswered(scene: Scene, told: Told): boolean {
  const { isFine, says = "", saysNot } = scene;
  const { sentences, explanations } = told;
  const all = textOf(scene, told);
  if (sentences.length === 0 || !all.includes(says) || (saysNot !== undefined && all.includes(saysNot))) return false;
  return isFine === true || explanations.some(({ reason, remedies }) => reason !== "" && remedies.length > 0);
}

export function textOf({ name }: Scene, { request: line, status, sentences, explanations }: Told): string {
  const lines = [`${name}\n  ${line} → ${status}`, ...sentences.map((sentence) => `  ${sentence}`)];
  for (const { what, severity, reason, remedies } of explanations) {
    lines.push(`  [${severity}] ${what}`, `    why: ${reason}`);
    for (const { where, text } of remedies) lines.push(`    change (${where}): ${text}`);
  }
  return lines.join("\n");
}
