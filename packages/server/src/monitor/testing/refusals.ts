import assert from "node:assert/strict";
import { GROUP_TYPE, resourceModel, type ScimError, USER_TYPE } from "@scimtool/scim";
import type { CredentialCheck, FailedCheck } from "../../auth/decision.ts";
import { diagnose } from "../diagnosis/diagnose.ts";
import type { Diagnosis } from "../diagnosis/diagnosis.ts";
import type { Attempt, Refused } from "../exchange-facts.ts";
import { sentencesOf } from "../sentence/sentences.ts";
import { english } from "../words/sentence.ts";
import { DAY_MS, EIGHT_O_CLOCK_MS, exchangeFacts, refused } from "./exchange-facts.ts";

export const USER = resourceModel(USER_TYPE);
export const GROUP = resourceModel(GROUP_TYPE);

export const CREATE: Attempt = { action: "create", type: "User", id: undefined, name: "dave@example.com" };
export const CHANGE: Attempt = { action: "modify", type: "User", id: "u2", name: "Bob" };

export function refusedBy(error: ScimError, attempted: Attempt = CHANGE, more: Partial<Refused> = {}): Refused {
  return refused(error.status, error.detail, { scimType: error.scimType, reason: error.reason, attempted, ...more });
}

export function diagnosed(outcome: Refused, more: Parameters<typeof exchangeFacts>[1] = {}): Diagnosis {
  const diagnosis = diagnose(exchangeFacts(outcome, { method: "PATCH", path: "/Users/u2", ...more }));
  assert.ok(diagnosis);
  return diagnosis;
}

export function told(outcome: Refused, more: Parameters<typeof exchangeFacts>[1] = {}): string {
  const [sentence] = sentencesOf(exchangeFacts(outcome, { method: "PATCH", path: "/Users/u2", ...more }));
  assert.ok(sentence);
  return english(sentence);
}

export function settingsOf({ remedies }: Diagnosis): string[] {
  return remedies.flatMap(({ setting }) => setting ?? []);
}

export function failedBy(check: CredentialCheck): FailedCheck {
  return { check, expected: "a token that opens it", received: "another one", remedy: "Make a new one." };
}

export const SYNTAX_ERROR = { code: "syntaxError", in: "filter", position: 3, expected: "a value" } as const;

export function thrownBy(work: () => unknown): ScimError {
  try {
    work();
  } catch (error) {
    return error as ScimError;
  }
  return assert.fail();
}

export const HOLDER = {
  type: "User",
  id: "u4",
  label: "Dave Lee",
  createdMs: EIGHT_O_CLOCK_MS - 3 * DAY_MS,
  isDeactivated: false,
  isReactivatable: false,
};
export const DUPLICATE = refused(409, "taken", {
  scimType: "uniqueness",
  attempted: CREATE,
  conflict: { attribute: "userName", value: "dave@example.com", holder: HOLDER },
});
