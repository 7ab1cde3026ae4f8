import { describeType, type Json, type JsonObject } from "../../json.ts";
import { badRequest, type ScimError } from "../../message/error.ts";
import { member } from "../../message/member.ts";
import { abbreviate } from "../value.ts";

// Reads members of a definition by name in any letter case; null is the same as absent (RFC 7643 §2.5). Errors do not
// name the location; the caller adds it (`within`).

export function faulty(detail: string): ScimError {
  return badRequest("invalidValue", { code: "invalidDefinition" }, detail);
}

/**
 * @param maxCharacters of the text
 * @throws ScimError 400 invalidValue
 */
export function textOf(object: JsonObject, name: string, maxCharacters: number): string | undefined {
  const value = member(object, name) ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw faulty(`${name} must be a string, but it is ${describeType(value)}.`);
  if (value.length > maxCharacters) {
    throw faulty(`${name} may have ${maxCharacters} characters at most, not ${value.length}.`);
  }
  return value;
}

/** @throws ScimError 400 invalidValue */
export function flagOf(object: JsonObject, name: string): boolean {
  const value = member(object, name) ?? false;
  if (typeof value !== "boolean") throw faulty(`${name} must be true or false, but it is ${show(value)}.`);
  return value;
}

/**
 * One of these words; letter case is ignored: "all schema attributes are case insensitive" (RFC 7643 §7).
 * @throws ScimError 400 invalidValue
 */
export function keywordOf<Word extends string>(
  object: JsonObject,
  name: string,
  words: readonly Word[],
  otherwise: Word,
): Word {
  const value = member(object, name) ?? otherwise;
  const word = words.find((each) => typeof value === "string" && each.toLowerCase() === value.toLowerCase());
  if (word === undefined) throw faulty(`${name} must be one of ${words.join(", ")}, but it is ${show(value)}.`);
  return word;
}

/** @throws ScimError 400 invalidValue */
export function listOf(object: JsonObject, name: string): readonly Json[] {
  const value = member(object, name) ?? [];
  if (!Array.isArray(value)) throw faulty(`${name} must be an array, but it is ${describeType(value)}.`);
  return value;
}

/**
 * @param maxTexts in the list
 * @param maxCharacters of each
 * @returns undefined for an absent or empty list
 * @throws ScimError 400 invalidValue
 */
export function textsOf(
  object: JsonObject,
  name: string,
  maxTexts: number,
  maxCharacters: number,
): readonly string[] | undefined {
  const list = listOf(object, name);
  if (list.length > maxTexts) throw faulty(`${name} may have ${maxTexts} values at most, not ${list.length}.`);
  const texts = list.map((each) => {
    if (typeof each !== "string" || each === "" || each.length > maxCharacters) {
      throw faulty(
        `${name} must be an array of strings of 1 to ${maxCharacters} characters, but it has ${show(each)}.`,
      );
    }
    return each;
  });
  return texts.length === 0 ? undefined : texts;
}

export function show(value: Json | undefined): string {
  return typeof value === "string" ? JSON.stringify(abbreviate(value)) : describeType(value);
}
