import type { Socket } from "node:net";
import type { Json } from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Authentication, Decision } from "../auth/decision.ts";
import { newTiming, type Timing } from "../directory/directory.ts";
import { NO_ORIGIN, type Origin } from "../directory/history.ts";
import type { Recognition } from "../monitor/dialect/recognise.ts";
import { type AnsweredPlace, type Happened, type Refusal, UNREAD_METHOD } from "../monitor/recorder/answered.ts";
import { pathBelow } from "../monitor/recorder/path.ts";
import type { Recorder } from "../monitor/recorder/recorder.ts";
import { headersOf } from "./reply-headers.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What is noted of an exchange until it is answered; null where it is not recorded. */
    recording: Recording | null;
  }
}

/** Bytes of an answer that are kept. Of a list the first resources: all of them have a history that tells the rest. */
const MAX_ANSWER_BYTES = 64 * 1_024;
const MAX_LIST_BYTES = 8 * 1_024;

/** An exchange under way. */
export type Recording = {
  /** Milliseconds since 1970, and of the monotonic clock. */
  readonly atMs: number;
  readonly startMs: number;
  readonly timing: Timing;
  /** 0 until it is needed. */
  id: number;
  readonly clientAddress: string;
  body: Buffer | undefined;
  /** What its client was told when its connection was ended in the middle of it. */
  cutOff: Refusal | undefined;
  /** When it was held back until it is durable. */
  heldMs: number | undefined;
  happened: Happened | undefined;
  /** Who sent it, where that was asked for already. */
  recognition: Recognition | undefined;
  readonly placeOf: (request: FastifyRequest) => RecordedPlace;
};

/** Where an exchange belongs, and who keeps it: nobody where no database is open. */
export type RecordedPlace = AnsweredPlace & { readonly recorder: Recorder | undefined };

/** For what belongs to no endpoint. */
export const NOWHERE: AnsweredPlace = {
  endpoint: undefined,
  basePath: "",
  credential: undefined,
  failed: undefined,
  isManual: false,
};

/** Requests that may not have been read to their end, by their connection. */
const unread = new WeakMap<Socket, Recording>();

/**
 * Begins to note an exchange.
 * @param placeOf where it belongs, as far as that is known when it is asked for
 */
export function beginRecording(request: FastifyRequest, placeOf: Recording["placeOf"]): void {
  const recording: Recording = {
    atMs: Date.now(),
    startMs: performance.now(),
    timing: newTiming(),
    id: 0,
    // Of a connection that has ended it cannot be told any more.
    clientAddress: request.ip ?? "",
    body: undefined,
    cutOff: undefined,
    heldMs: undefined,
    happened: undefined,
    recognition: undefined,
    placeOf,
  };
  request.recording = recording;
  // Others have come whole.
  if (request.method !== "GET") unread.set(request.socket, recording);
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
    exchange: recorder.isOn ? idOf(recording, recorder) : undefined,
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
  const { recording, method } = request;
  if (method !== "GET") unread.delete(request.socket);
  if (recording === null) return;
  const { timing, body, cutOff, heldMs } = recording;
  const happened: Happened | undefined = cutOff === undefined ? recording.happened : { kind: "refused", error: cutOff };
  if (happened === undefined) return;
  const place = recording.placeOf(request);
  const { recorder } = place;
  if (recorder === undefined || isLookedAt(request, place)) return;
  const nowMs = performance.now();
  const counted = {
    place,
    method,
    status: cutOff?.status ?? reply.statusCode,
    durationMs: nowMs - recording.startMs,
  };
  // The answer to HEAD is sent without its body (RFC 9110 §9.3.2).
  const sent = method === "HEAD" || cutOff !== undefined ? undefined : payload;
  recorder.record(counted, () => ({
    ...counted,
    id: idOf(recording, recorder),
    atMs: recording.atMs,
    url: request.url,
    timing,
    durableMs: heldMs === undefined ? 0 : nowMs - heldMs,
    clientAddress: recording.clientAddress,
    requestId: request.id,
    userAgent: request.headers["user-agent"],
    requestHeaders: request.raw.rawHeaders,
    requestBody: body,
    requestJson: body === undefined ? undefined : (request.body as Json),
    // Of what was written to the bare connection the headers are not known.
    responseHeaders: cutOff === undefined ? headersOf(reply) : {},
    responseBody: isToldOtherwise(happened)
      ? ""
      : keptOf(sent, happened.kind === "searched" ? MAX_LIST_BYTES : MAX_ANSWER_BYTES),
    responseBytes: typeof sent === "string" ? Buffer.byteLength(sent) : Buffer.isBuffer(sent) ? sent.length : 0,
    recognition: recording.recognition,
    happened,
  }));
}

/** What is kept of a body, which is text or bytes. Buffers of long answers are used again. */
function keptOf(body: unknown, maxBytes: number): string | Buffer {
  if (typeof body === "string") return body;
  return Buffer.isBuffer(body) ? Buffer.from(body.subarray(0, maxBytes)) : "";
}

/**
 * Whether an administrator only looked: whoever watches would watch themselves. A repetition is recorded, for it is
 * asked for by its number.
 */
function isLookedAt({ method, headers }: FastifyRequest, { isManual, credential }: AnsweredPlace): boolean {
  // Who was not let in is none.
  const isAdministrator = isManual && credential !== undefined;
  return isAdministrator && method === "GET" && headers["x-scimtool-replay"] === undefined;
}

/**
 * Whether what was answered is told otherwise. The history has every version of a resource: such answers are most of
 * all, and keeping them would cost as much as answering them. Of administration the sentence tells, without its secrets.
 */
function isToldOtherwise(happened: Happened): boolean {
  const { kind } = happened;
  return kind === "read" || kind === "administered" || (kind === "searched" && happened.only !== undefined);
}

/** Who was let in, or why not. */
export function decided(decision: Decision | null): Pick<RecordedPlace, "credential" | "failed"> {
  if (decision === null) return NOTHING_DECIDED;
  if (!decision.accepted) return { credential: undefined, failed: decision.failed };
  const { credential } = decision;
  let known = letIn.get(credential);
  if (known === undefined) {
    const { kind, key, endpoint, label } = credential;
    // A key is given anew when the credential that had it is gone.
    known = { credential: { identity: `${kind} ${key} ${endpoint} ${label}`, label }, failed: undefined };
    letIn.set(credential, known);
  }
  return known;
}

const NOTHING_DECIDED = { credential: undefined, failed: undefined };

/** A credential that was seen before is the same object each time. */
const letIn = new WeakMap<Authentication, Pick<RecordedPlace, "credential" | "failed">>();

/** What Node's parser gives up on, with the bytes that it had by then; its types say otherwise. */
export type UnreadableError = Error & { readonly code?: string | undefined; readonly rawPacket?: unknown };

/**
 * Method and path, where the bytes begin with a request: they may also begin in the middle of a header. What is behind
 * the path may hold secrets.
 */
const REQUEST_LINE = /^([A-Z]{1,20}) (\/[^\s?]{0,500})\S* HTTP\/\d/;

/** Records a request that was answered before it was read, or read to its end. */
export function recordUnreadable(
  recorder: Recorder | undefined,
  { rawPacket }: UnreadableError,
  socket: Socket,
  error: Refusal,
): void {
  const begun = unread.get(socket);
  if (begun !== undefined) {
    // It ends now, and is recorded with what is known of it.
    begun.cutOff = error;
    return;
  }
  if (recorder === undefined) return;
  const [, method = UNREAD_METHOD, url = ""] =
    REQUEST_LINE.exec(Buffer.isBuffer(rawPacket) ? rawPacket.toString("latin1") : "") ?? [];
  const atMs = Date.now();
  const counted = { place: NOWHERE, method, status: error.status, durationMs: 0 };
  recorder.record(counted, () => ({
    ...counted,
    id: recorder.nextId(atMs),
    atMs,
    url,
    timing: newTiming(),
    durableMs: 0,
    clientAddress: socket.remoteAddress ?? "",
    requestId: "",
    userAgent: undefined,
    requestHeaders: [],
    requestBody: undefined,
    requestJson: undefined,
    responseHeaders: {},
    responseBody: "",
    responseBytes: 0,
    recognition: undefined,
    happened: { kind: "refused", error },
  }));
}
