import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Administered, SettingChange } from "../../monitor/exchange-facts.ts";
import type { Happened } from "../../monitor/recorder/answered.ts";
import { authenticated, beginRecording, type RecordedPlace, recordAnswer, report } from "../recording.ts";
import type { Serving } from "../serving.ts";

// Administrators' changes are recorded like clients' requests, and so are rejected attempts.

/**
 * Starts to record requests of a scope that may change something. Call it before hooks that authenticate, and
 * `recordAnswers` as well.
 */
export function recordAdministration(scope: FastifyInstance, serving: Serving): void {
  const placeOf = placeIn(serving);
  scope.addHook("onRequest", (request, _reply, done) => {
    if (request.method !== "GET") beginRecording(request, placeOf);
    done();
  });
}

/** Records something that an administrator did with a GET, before its answer is sent. */
export function recordAdministered(
  request: FastifyRequest,
  reply: FastifyReply,
  serving: Serving,
  administered: Omit<Administered, "kind">,
): void {
  beginRecording(request, placeIn(serving));
  reportAdministered(request, administered);
  recordAnswer(request, reply, undefined);
}

function placeIn(serving: Serving): (request: FastifyRequest) => RecordedPlace {
  return ({ decision, recording }) => {
    const { recorder, endpoints } = serving.current ?? {};
    const endpoint = endpoints?.get(endpointOf(recording?.happened) ?? "");
    return { recorder, endpoint, basePath: "", ...authenticated(decision), isManual: true };
  };
}

/** Name of the endpoint that was changed. */
function endpointOf(happened: Happened | undefined): string | undefined {
  if (happened?.kind === "administered") return happened.endpoint;
  return happened?.kind === "written" ? happened.subject.endpoint.name : undefined;
}

/** Reports an administrator's change to the recorder. */
export function reportAdministered(request: FastifyRequest, administered: Omit<Administered, "kind">): void {
  report(request, { kind: "administered", ...administered });
}

/** Reports what an administrator created, changed or deleted, unless a change made no difference. */
export function reportChange(
  request: FastifyRequest,
  administered: Omit<Administered, "kind" | "changes">,
  before: JsonObject,
  after: JsonObject,
): void {
  const changes = changesBetween(before, after);
  if (administered.verb === "changed" && changes.length === 0) return;
  reportAdministered(request, { ...administered, changes });
}

/** The differences, each with its path: `profile`, `limits.maxPageSize`. */
export function changesBetween(before: JsonObject, after: JsonObject): SettingChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => changesOf(name, before[name], after[name]));
}

function changesOf(name: string, before: Json | undefined, after: Json | undefined): SettingChange[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isObject(before) || isObject(after)) {
    const [former, latter] = [before, after].map((value) => (isObject(value) ? value : {})) as [JsonObject, JsonObject];
    return changesBetween(former, latter).map((change) => ({ ...change, name: `${name}.${change.name}` }));
  }
  return [{ name, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }];
}
