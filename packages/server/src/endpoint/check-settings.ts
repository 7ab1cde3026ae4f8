import { isObject, type JsonObject, ScimError } from "@scimtool/scim";
import type { ErrorObject } from "ajv";
import { SETTINGS_SCHEMA } from "./settings-schema.ts";

type Validate = ((settings: unknown) => boolean) & { errors?: ErrorObject[] | null };

let known: Promise<Validate> | undefined;

/**
 * The check of settings' form. Made first, as nothing but the store may be waited for in a transaction.
 * @returns throws ScimError 400 naming the first that has another form
 */
export async function settingsCheck(): Promise<(settings: JsonObject) => void> {
  known ??= compile();
  const validate = await known;
  return (settings) => {
    if (validate(settings)) return;
    const [error] = validate.errors ?? [];
    throw new ScimError(400, error === undefined ? "These are no settings." : describe(error));
  };
}

/** Loaded when somebody sets something, which most starts never see. */
async function compile(): Promise<Validate> {
  const { Ajv } = (await import("ajv")).default;
  return new Ajv({ strict: true }).compile(SETTINGS_SCHEMA);
}

function describe({ instancePath, message = "cannot be used", keyword, params }: ErrorObject): string {
  const path = instancePath.slice(1).replaceAll("/", ".");
  if (keyword === "additionalProperties") {
    const within: string = path === "" ? "" : `${path}.`;
    return `There is no setting "${within}${String(params["additionalProperty"]).slice(0, 100)}". There are: ${namesIn(path).join(", ")}.`;
  }
  const allowed = keyword === "enum" ? `: ${(params["allowedValues"] as unknown[]).join(", ")}` : "";
  return `${path === "" ? "settings" : path} ${message}${allowed}.`;
}

/** @param path of a setting that has others below it; empty for the topmost */
function namesIn(path: string): string[] {
  let properties: unknown = SETTINGS_SCHEMA.properties;
  for (const name of path === "" ? [] : path.split(".")) {
    const schema = isObject(properties) ? properties[name] : undefined;
    properties = isObject(schema) ? schema["properties"] : undefined;
  }
  return isObject(properties) ? Object.keys(properties) : [];
}
