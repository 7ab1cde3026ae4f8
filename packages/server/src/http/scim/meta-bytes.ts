import { formatDateTime } from "@scimtool/scim";
import { type MetaOf, metaText, type Presentation } from "./present.ts";

/** Of the ids that the directory makes: UUIDs. */
const ID_LENGTH = 36;

/** Of {@link formatDateTime} in the years that have four digits; the last digits but one are milliseconds. */
const DATE_TIME_LENGTH = 24;
const MILLISECONDS_AT = 20;

const MAX_REVISION_DIGITS = 16;
const ZERO = 48;

/** The digits of 000 to 999: to take them from here is quicker than to reckon them. */
const FRACTIONS = Buffer.from(Array.from({ length: 1_000 }, (_, ms) => String(ms).padStart(3, "0")).join(""));

/** What the text is made of in which the places are looked for. No text of an address has such an id. */
const SAMPLE = { id: "\u{1}".repeat(ID_LENGTH), revision: 0, createdMs: 1_000, modifiedMs: 2_000 };

/**
 * Writes what {@link metaText} says as bytes. It is the same for all resources but for some digits and the id; to put it
 * together as a string took most of the time that a list takes to be written.
 */
export class MetaBytes {
  /** Room for what {@link write} writes. */
  readonly maxBytes: number;
  /** Up to the revision. */
  readonly #head: Buffer;
  readonly #tail: Buffer;
  readonly #created: Seconds;
  readonly #modified: Seconds;
  readonly #idAt: number;

  constructor(presentation: Presentation) {
    const sample = Buffer.from(metaText(SAMPLE, presentation));
    this.#idAt = sample.indexOf(SAMPLE.id);
    const revisionAt = sample.indexOf(String(SAMPLE.revision), this.#idAt);
    this.#head = sample.subarray(0, revisionAt);
    this.#tail = sample.subarray(revisionAt + 1);
    this.#created = new Seconds(this.#head, SAMPLE.createdMs);
    this.#modified = new Seconds(this.#head, SAMPLE.modifiedMs);
    this.maxBytes = sample.length + MAX_REVISION_DIGITS;
  }

  /**
   * @param bytes with {@link maxBytes} of room at `at`
   * @returns where it ends; undefined for a resource that is not like the others: what is at `at` means nothing then
   */
  write(bytes: Buffer, at: number, { id, revision, createdMs, modifiedMs }: MetaOf): number | undefined {
    if (id.length !== ID_LENGTH || !this.#created.set(createdMs) || !this.#modified.set(modifiedMs)) return undefined;
    bytes.set(this.#head, at);
    this.#created.writeFraction(bytes, at, createdMs);
    this.#modified.writeFraction(bytes, at, modifiedMs);
    bytes.write(id, at + this.#idAt, ID_LENGTH, "latin1");
    const end = writeCount(bytes, at + this.#head.length, revision);
    bytes.set(this.#tail, end);
    return end + this.#tail.length;
  }
}

/** A time within a text of which the seconds change seldom: what is created together is listed together. */
class Seconds {
  readonly #head: Buffer;
  readonly #at: number;
  #second: number;

  /** @param ms the time that is in `head` */
  constructor(head: Buffer, ms: number) {
    this.#head = head;
    this.#at = head.indexOf(formatDateTime(ms));
    this.#second = ms / 1_000;
  }

  /** Has the text say the second of a time. @returns false for a time that has another form */
  set(ms: number): boolean {
    const second = Math.floor(ms / 1_000);
    if (second === this.#second) return true;
    const text = formatDateTime(second * 1_000);
    if (text.length !== DATE_TIME_LENGTH) return false;
    this.#head.write(text, this.#at);
    this.#second = second;
    return true;
  }

  /** Writes the milliseconds of a time that is {@link set} into a copy of the text. @param at where that begins */
  writeFraction(bytes: Buffer, at: number, ms: number): void {
    const digitsAt = at + this.#at + MILLISECONDS_AT;
    const from = (ms - this.#second * 1_000) * 3;
    bytes[digitsAt] = FRACTIONS[from] as number;
    bytes[digitsAt + 1] = FRACTIONS[from + 1] as number;
    bytes[digitsAt + 2] = FRACTIONS[from + 2] as number;
  }
}

const known = new WeakMap<Presentation["locations"], Map<Presentation["model"], MetaBytes>>();

/** Those of a resource type at an address, made once. */
export function metaBytesOf(presentation: Presentation): MetaBytes {
  const { model, locations } = presentation;
  const ofTypes = known.get(locations) ?? new Map<Presentation["model"], MetaBytes>();
  known.set(locations, ofTypes);
  const made = ofTypes.get(model) ?? new MetaBytes(presentation);
  ofTypes.set(model, made);
  return made;
}

/** @returns where it ends */
function writeCount(bytes: Buffer, at: number, count: number): number {
  if (count < 10) {
    bytes[at] = ZERO + count;
    return at + 1;
  }
  return at + bytes.write(String(count), at);
}
