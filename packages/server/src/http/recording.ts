import type { Socket } from "node:net";
import { Readable } from "node:stream";
import type { Json } from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Authentication, Decision } from "../auth/decision.ts";
import { NO_ORIGIN, newTiming, type Timing, type WriteOrigin } from "../directory/context.ts";
import type { Recognition } from "../monitor/dialect/recognise.ts";
import { type AnsweredPlace, type Happened, type Refusal, UNREAD_METHOD } from "../monitor/recorder/answered.ts";
import { pathBelow } from "../monitor/recorder/path.ts";
import type { Recorder } from "../monitor/recorder/recorder.ts";
import { requestIdOf } from "./request-id.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Data about the exchange until it is answered; null if it is not recorded. */
    recording: Recording | null;
  }
}

/** Recorded bytes of an answer. A list is cut: the history has all its resources. */
const MAX_ANSWER_BYTES = 64 * 1_024;
const MAX_LIST_BYTES = 8 * 1_024;

/** An exchange that is not answered yet. */
export type Recording = {
  /** Milliseconds since 1970 and of the monotonic clock. */
  readonly atMs: number;
  readonly startMs: number;
  readonly timing: Timing;
  /** 0 until it is needed. */
  id: number;
  readonly clientAddress: string;
  readonly requestId: string;
  body: Buffer | undefined;
  /** The error that ended its connection before the request was complete. */
  cutOff: Refusal | undefined;
  /** When the answer began to wait for durability, on the monotonic clock. */
  heldMs: number | undefined;
  happened: Happened | undefined;
  /** The client, if already determined. */
  recognition: Recognition | undefined;
  readonly placeOf: (request: FastifyRequest) => RecordedPlace;
};

/** The endpoint and client of an exchange, and the recorder; undefined while no database is open. */
export type RecordedPlace = AnsweredPlace & { readonly recorder: Recorder | undefined };

/** For requests that belong to no endpoint. */
export const NOWHERE: AnsweredPlace = {
  endpoint: undefined,
  basePath: "",
  credential: undefined,
  failed: undefined,
  isManual: false,
};

/** Exchanges whose request may be incomplete, by connection. */
const unread = new WeakMap<Socket, Recording>();

/**
 * Starts to record an exchange.
 * @param placeOf called when the exchange is answered, and before a write
 */
export function beginRecording(request: FastifyRequest, placeOf: Recording["placeOf"]): void {
  const recording: Recording = {
    atMs: Date.now(),
    startMs: performance.now(),
    timing: newTiming(),
    id: 0,
    // undefined once the connection has ended.
    clientAddress: request.ip ?? "",
    requestId: request.id,
    body: undefined,
    cutOff: undefined,
    heldMs: undefined,
    happened: undefined,
    recognition: undefined,
    placeOf,
  };
  request.recording = recording;
  // A GET is complete at this point.
  if (request.method !== "GET") unread.set(request.socket, recording);
}

/** Sets what happened. The last call wins: an answer may be replaced by an error. */
export function report({ recording }: FastifyRequest, happened: Happened): void {
  if (recording !== null) recording.happened = happened;
}

export function reportRefusal(request: FastifyRequest, error: Refusal): void {
  report(request, { kind: "refused", error });
}

/** The origin of a request's writes, for the history. Call it after the body was read. */
export function originOfWrites(request: FastifyRequest): WriteOrigin {
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

/** The ID of the exchange, which the history refers to. */
function idOf(recording: Recording, recorder: Recorder): number {
  if (recording.id === 0) recording.id = recorder.nextId(recording.atMs);
  return recording.id;
}

/** Records every exchange of a scope when it is answered. Call it after adding hooks that may change the answer. */
export function recordAnswers(scope: FastifyInstance): void {
  scope.addHook("onSend", (request, reply, payload, done) => {
    recordAnswer(request, reply, payload);
    done(null, payload);
  });
}

/** Passes an exchange to the recorder. @param payload the body of the answer */
export function recordAnswer(request: FastifyRequest, reply: FastifyReply, payload: unknown): void {
  const { recording, method } = request;
  if (method !== "GET") unread.delete(request.socket);
  if (recording === null) return;
  const { timing, body, cutOff, heldMs } = recording;
  const happened: Happened | undefined = cutOff === undefined ? recording.happened : { kind: "refused", error: cutOff };
  if (happened === undefined) return;
  const place = recording.placeOf(request);
  const { recorder } = place;
  if (recorder === undefined || isOnlyViewed(request, place, happened)) return;
  const nowMs = performance.now();
  const counted = {
    place,
    method,
    status: cutOff?.status ?? reply.statusCode,
    durationMs: nowMs - recording.startMs,
  };
  // The answer to HEAD is sent without its body (RFC 9110 §9.3.2).
  const sent = method === "HEAD" || cutOff !== undefined ? undefined : payload;
  const inParts = typeof sent === "object" && sent !== null ? recordedOfParts.get(sent) : undefined;
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
    // Headers written directly to the socket are not known.
    responseHeaders: cutOff === undefined ? reply.getHeaders() : {},
    responseBody: isBodyRedundant(happened)
      ? ""
      : keptOf(inParts?.beginning ?? sent, happened.kind === "searched" ? MAX_LIST_BYTES : MAX_ANSWER_BYTES),
    responseBytes: inParts?.bytes ?? sizeOf(sent),
    recognition: recording.recognition,
    happened,
  }));
}

/** For responses that are sent in parts. */
const recordedOfParts = new WeakMap<object, { readonly beginning: Buffer | undefined; readonly bytes: number }>();

/**
 * A response to send part by part, as fast as the client reads. @param bytes of all parts, which are removed from the
 * list
 */
export function answerInParts(parts: Buffer[], bytes: number): Readable {
  const answer = Readable.from(takenOut(parts), { objectMode: false });
  recordedOfParts.set(answer, { beginning: parts[0], bytes });
  return answer;
}

/** Sent parts need no memory. */
function* takenOut(parts: Buffer[]): Generator<Buffer> {
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) yield part;
}

function sizeOf(body: unknown): number {
  if (typeof body === "string") return Buffer.byteLength(body);
  return Buffer.isBuffer(body) ? body.length : 0;
}

function keptOf(body: unknown, maxBytes: number): string | Buffer {
  if (typeof body === "string") return body;
  return Buffer.isBuffer(body) ? Buffer.from(body.subarray(0, maxBytes)) : "";
}

/**
 * Whether an administrator only viewed something: recording that would fill the page that they watch. A replay is
 * recorded, because its sender looks it up, and so is a download of the database.
 */
function isOnlyViewed(
  { method, headers }: FastifyRequest,
  { isManual, credential }: AnsweredPlace,
  { kind }: Happened,
): boolean {
  const isAdministrator = isManual && credential !== undefined;
  return isAdministrator && method === "GET" && kind !== "administered" && headers["x-scimtool-replay"] === undefined;
}

/**
 * Whether the body of the answer need not be recorded. The history has every version of a resource, and storing bodies of
 * reads would cost as much as answering them. Sentences describe administration, whose bodies contain secrets.
 */
function isBodyRedundant(happened: Happened): boolean {
  const { kind } = happened;
  return kind === "read" || kind === "administered" || (kind === "searched" && happened.only !== undefined);
}

/** The credential of a request, or the failed check. */
export function authenticated(decision: Decision | null): Pick<RecordedPlace, "credential" | "failed"> {
  if (decision === null) return UNDECIDED;
  if (!decision.accepted) return { credential: undefined, failed: decision.failed };
  const { credential } = decision;
  let known = recordedCredentials.get(credential);
  if (known === undefined) {
    const { kind, key, endpoint, label } = credential;
    // Keys of removed credentials are reused.
    known = { credential: { identity: `${kind} ${key} ${endpoint} ${label}`, label }, failed: undefined };
    recordedCredentials.set(credential, known);
  }
  return known;
}

const UNDECIDED = { credential: undefined, failed: undefined };

/** The authenticator returns the same object for the same credential. */
const recordedCredentials = new WeakMap<Authentication, Pick<RecordedPlace, "credential" | "failed">>();

/** The error of Node's parser, with the bytes received; Node's types lack `rawPacket`. */
export type UnreadableError = Error & { readonly code?: string | undefined; readonly rawPacket?: unknown };

/** Method and path if the bytes begin with a request line. The query and headers may contain secrets. */
const REQUEST_LINE = /^([A-Z]{1,20}) (\/[^\s?]{0,500})\S* HTTP\/\d/;

/** The ID of the request that is not complete on a connection; a new one if its headers were not read. */
export function requestIdOn(socket: Socket): string {
  return unread.get(socket)?.requestId ?? requestIdOf({ headers: {} });
}

/** Records a request that was answered before it was complete. */
export function recordUnreadable(
  recorder: Recorder | undefined,
  { rawPacket }: UnreadableError,
  socket: Socket,
  { refusal: error, requestId }: { readonly refusal: Refusal; readonly requestId: string },
): void {
  const begun = unread.get(socket);
  if (begun !== undefined) {
    // Recorded when its answer ends, which is now.
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
    requestId,
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
