import type { Json } from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Decision, Failed } from "../auth/decision.ts";
import { newTiming, type Timing } from "../directory/directory.ts";
import { NO_ORIGIN, type Origin } from "../directory/history.ts";
import type { ServedEndpoint } from "../endpoint/served-endpoint.ts";
import type { Recognition } from "../monitor/dialect/recognise.ts";
import type { AnsweredCredential, Happened, Refusal } from "../monitor/recorder/answered.ts";
import { pathBelow } from "../monitor/recorder/path.ts";
import type { Recorder } from "../monitor/recorder/recorder.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What is noted of an exchange until it is answered; null where it is not recorded. */
    recording: Recording | null;
  }
}

/** Bytes of an answer that are kept. */
const MAX_ANSWER_BYTES = 64 * 1_024;

/** An exchange under way. */
export type Recording = {
  /** Milliseconds since 1970, and of the monotonic clock. */
  readonly atMs: number;
  readonly startMs: number;
  readonly timing: Timing;
  /** 0 until it is needed. */
  id: number;
  body: Buffer | undefined;
  /** When it was held back until it is durable. */
  heldMs: number | undefined;
  happened: Happened | undefined;
  /** Who sent it, where that was asked for already. */
  recognition: Recognition | undefined;
  readonly placeOf: (request: FastifyRequest) => RecordedPlace;
};

/** Where an exchange belongs. */
export type RecordedPlace = {
  readonly recorder: Recorder | undefined;
  readonly endpoint: ServedEndpoint | undefined;
  readonly basePath: string;
  readonly credential: AnsweredCredential | undefined;
  readonly failed: Failed | undefined;
  readonly isManual: boolean;
};

/** @param placeOf where the exchange belongs, as far as that is known when it is asked for */
export function newRecording(placeOf: Recording["placeOf"]): Recording {
  return {
    atMs: Date.now(),
    startMs: performance.now(),
    timing: newTiming(),
    id: 0,
    body: undefined,
    heldMs: undefined,
    happened: undefined,
    recognition: undefined,
    placeOf,
  };
}

/** Notes what came of a request. The last word counts: an answer may turn into a refusal. */
export function report({ recording }: FastifyRequest, happened: Happened): void {
  if (recording !== null) recording.happened = happened;
}

export function reportRefusal(request: FastifyRequest, error: Refusal): void {
  report(request, { kind: "refused", error });
}

/** By what the writes of a request are asked for. To be asked when its body was read; reads need not know. */
export function originOfWrites(request: FastifyRequest): Origin {
  const { recording, method, url, headers, body } = request;
  if (recording === null || method === "GET") return NO_ORIGIN;
  const { recorder, basePath, credential, isManual } = recording.placeOf(request);
  if (recorder === undefined) return NO_ORIGIN;
  const { path, query } = pathBelow(url, basePath);
  const sent = { method, path, query, userAgent: headers["user-agent"], body: body as Json | undefined };
  recording.recognition = recorder.actors.whoSent(sent, credential?.identity);
  return {
    exchange: idOf(recording, recorder),
    actor: { credential: credential?.label, dialect: isManual ? "manual" : recording.recognition.dialect },
  };
}

/** The id of the exchange, under which history refers to it. */
function idOf(recording: Recording, recorder: Recorder): number {
  if (recording.id === 0) recording.id = recorder.nextId(recording.atMs);
  return recording.id;
}

/**
 * Records every exchange of a scope when it is answered. To be called behind everything that may still change the
 * answer.
 */
export function recordAnswers(scope: FastifyInstance): void {
  scope.addHook("onSend", (request, reply, payload, done) => {
    recordAnswer(request, reply, payload);
    done(null, payload);
  });
}

/** Hands an exchange over to the recorder. @param payload the body of the answer */
export function recordAnswer(request: FastifyRequest, reply: FastifyReply, payload: unknown): void {
  const { recording } = request;
  if (recording?.happened === undefined) return;
  const { recorder, ...place } = recording.placeOf(request);
  if (recorder === undefined) return;
  const nowMs = performance.now();
  const { atMs, startMs, timing, body, heldMs, happened, recognition } = recording;
  recorder.record({
    id: idOf(recording, recorder),
    atMs,
    ...place,
    method: request.method,
    url: request.url,
    status: reply.statusCode,
    durationMs: nowMs - startMs,
    timing,
    durableMs: heldMs === undefined ? 0 : nowMs - heldMs,
    clientAddress: request.ip,
    requestId: request.id,
    userAgent: request.headers["user-agent"],
    request: { headers: request.raw.rawHeaders, body, json: body === undefined ? undefined : (request.body as Json) },
    response: { headers: reply.getHeaders(), ...answerOf(payload) },
    recognition,
    happened,
  });
}

/** Who was let in, or why not. */
export function decided(decision: Decision | null): Pick<RecordedPlace, "credential" | "failed"> {
  if (decision === null) return NOTHING_DECIDED;
  if (!decision.accepted) return { credential: undefined, failed: decision.failed };
  const { kind, key, label } = decision.credential;
  return { credential: { identity: `${kind} ${key}`, label }, failed: undefined };
}

const NOTHING_DECIDED = { credential: undefined, failed: undefined };

function answerOf(payload: unknown): { body: string | Buffer; bodyBytes: number } {
  if (typeof payload === "string") return { body: payload, bodyBytes: Buffer.byteLength(payload) };
  // Buffers of long answers are used again.
  if (Buffer.isBuffer(payload)) {
    return { body: Buffer.from(payload.subarray(0, MAX_ANSWER_BYTES)), bodyBytes: payload.length };
  }
  return { body: "", bodyBytes: 0 };
}
