import { newReading, type Profile, type ToleranceCode } from "../dialect/tolerance.ts";
import type { JsonObject } from "../json.ts";
import { deepFreeze } from "../patch/test-support.ts";
import { type Attribute, attribute, type Returned } from "../schema/attribute.ts";
import { type ResourceModel, resourceModel } from "../schema/model.ts";
import { project, readProjection } from "./projection.ts";

/** A resource type with every value of `returned` (RFC 7643 §7) at every level, abbreviated by first letters. */

export const EXTENSION = "urn:example:ext:2.0:Thing";
export const UNKNOWN = "urn:example:unknown:2.0:Thing";

const RETURNED: readonly Returned[] = ["always", "default", "request", "never"];

function simple(prefix: string): Attribute[] {
  return RETURNED.map((returned) => attribute(`${prefix}${returned}`, "", { returned }));
}

function complex(prefix: string, multiValued: boolean): Attribute[] {
  return RETURNED.map((returned) =>
    attribute(`${prefix}${returned}`, "", { returned, multiValued, type: "complex", subAttributes: simple("s") }),
  );
}

const attributes = [...simple("a"), ...complex("c", false), ...complex("m", true)];

export const MODEL: ResourceModel = resourceModel({
  name: "Thing",
  description: "Thing",
  endpoint: "/Things",
  schema: { id: "urn:example:core:2.0:Thing", name: "Thing", description: "Thing", attributes },
  schemaExtensions: [
    {
      schema: {
        id: EXTENSION,
        name: "Ext",
        description: "Ext",
        attributes: [...simple("x"), ...complex("xc", false), ...complex("xm", true)],
      },
      required: false,
    },
  ],
});

const SUBS = { salways: 1, sdefault: 2, srequest: 3, snever: 4, odd: 5 };

/** A resource with a value for every attribute, and with undefined ones. */
export function thing(): JsonObject {
  const values = (prefix: string, value: () => JsonObject[string]) =>
    Object.fromEntries(RETURNED.map((returned) => [`${prefix}${returned}`, value()]));
  return {
    schemas: ["urn:example:core:2.0:Thing", EXTENSION, UNKNOWN],
    id: "t1",
    ...values("a", () => "v"),
    ...values("c", () => ({ ...SUBS })),
    ...values("m", () => [{ ...SUBS }, { ...SUBS }]),
    [EXTENSION]: {
      ...values("x", () => "v"),
      ...values("xc", () => ({ ...SUBS })),
      ...values("xm", () => [{ ...SUBS }]),
      odd: 6,
    },
    [UNKNOWN]: { odd: 7 },
    odd: 8,
    meta: { resourceType: "Thing", version: 'W/"1"' },
  };
}

export type Parameters = { readonly attributes?: readonly string[]; readonly excludedAttributes?: readonly string[] };

/** The projected resource, and the tolerances used. */
export function show(
  parameters: Parameters,
  resource: JsonObject = thing(),
  model: ResourceModel = MODEL,
  profile: Profile = "tolerant",
): { shown: JsonObject; codes: ToleranceCode[] } {
  const reading = newReading(profile);
  const projection = readProjection(parameters, model, reading);
  return {
    shown: project(deepFreeze(resource), projection, model),
    codes: reading.notes.map(({ code }) => code),
  };
}

/** Paths of all members of an object; elements of arrays share a path: `emails`, `emails.value`. */
export function pathsOf(object: JsonObject, prefix = ""): string[] {
  const paths = new Set<string>();
  for (const [name, value] of Object.entries(object)) {
    paths.add(prefix + name);
    const separator = name.includes(":") ? ":" : ".";
    for (const each of Array.isArray(value) ? value : [value]) {
      if (typeof each !== "object" || each === null) continue;
      for (const path of pathsOf(each as JsonObject, `${prefix}${name}${separator}`)) paths.add(path);
    }
  }
  return [...paths];
}
