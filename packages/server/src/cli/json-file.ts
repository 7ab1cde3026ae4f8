import { readFileSync } from "node:fs";
import type { Json } from "@scimtool/scim";
import { CommandRefused } from "./command.ts";

/** The value of a JSON file. @throws CommandRefused that says what is wrong with it */
export function readJsonFile(file: string): Json {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandRefused(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new CommandRefused(`${file} is no JSON: ${(error as Error).message}`);
  }
}
