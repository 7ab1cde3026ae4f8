import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Administered, SettingChange } from "../../monitor/happening.ts";
import type { Happened } from "../../monitor/recorder/answered.ts";
import { authenticated, beginRecording, type RecordedPlace, report } from "../recording.ts";
import type { Serving } from "../serving.ts";

// What administrators change is recorded as what clients do is: who let whom in, and what is served since when; and who
// was not let in to change something.

/**
 * Begins to note what reaches the routes of a scope and may change something: what they report of it is recorded where
 * `recordAnswers` is called as well. To be called before anybody is let in.
 */
export function noteAdministration(scope: FastifyInstance, serving: Serving): void {
  const placeOf = ({ decision, recording }: FastifyRequest): RecordedPlace => {
    const { recorder, endpoints } = serving.current ?? {};
    const endpoint = endpoints?.get(endpointOf(recording?.happened) ?? "");
    return { recorder, endpoint, basePath: "", ...authenticated(decision), isManual: true };
  };
  scope.addHook("onRequest", (request, _reply, done) => {
    if (request.method !== "GET") beginRecording(request, placeOf);
    done();
  });
}

/** Name of the endpoint that something was done to. */
function endpointOf(happened: Happened | undefined): string | undefined {
  if (happened?.kind === "administered") return happened.endpoint;
  return happened?.kind === "written" ? happened.subject.endpoint.name : undefined;
}

/** Tells what an administrator has done. */
export function reportAdministered(request: FastifyRequest, administered: Omit<Administered, "kind">): void {
  report(request, { kind: "administered", ...administered });
}

/** What is not the same, each by its name: `profile`, `limits.maxPageSize`. */
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
