import { newReading, type Profile, type ToleranceCode } from "../dialect/tolerance.ts";
import type { Json, JsonObject } from "../json.ts";
import { deepFreeze } from "../patch/test-support.ts";
import type { BulkFault, BulkOperation } from "./message.ts";
import { BULK_REQUEST_SCHEMA, type BulkRequest, readBulk } from "./message.ts";

export const LIMITS = { maxOperations: 1_000, maxPayloadSize: 1_048_576 };

export function request(...operations: Json[]): JsonObject {
  return { schemas: [BULK_REQUEST_SCHEMA], Operations: operations };
}

export type Outcome = BulkRequest & { readonly codes: readonly ToleranceCode[] };

/** Reads a frozen body and returns the tolerances used. */
export function read(body: Json, profile: Profile = "tolerant"): Outcome {
  const reading = newReading(profile);
  const bulk = readBulk(deepFreeze(body), LIMITS, reading);
  return { ...bulk, codes: reading.notes.map(({ code }) => code) };
}

export function operationsOf(...operations: Json[]): BulkOperation[] {
  return read(request(...operations)).entries.map((entry) => {
    if (entry.kind === "fault") throw entry.error;
    return entry;
  });
}

export function faultOf(operation: Json, profile: Profile = "tolerant"): BulkFault {
  const [entry] = read(request(operation), profile).entries;
  if (entry?.kind !== "fault") throw new Error("the operation is not wrong");
  return entry;
}

export function post(bulkId: string, data: JsonObject = {}, path = "/Users"): JsonObject {
  return { method: "POST", path, bulkId, data };
}
