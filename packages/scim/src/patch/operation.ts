import type { Json } from "../json.ts";
import type { Target } from "../path/path.ts";

/** One step of a PATCH, its path looked up. An operation without a path becomes one of these per attribute. */
export type PatchOperation = {
  readonly op: "add" | "remove" | "replace";
  /** An extension as a whole is only ever removed: `add` and `replace` of one become operations on its attributes. */
  readonly target: Target;
  readonly value?: Json;
  /** Where it stood in the message, for errors: `Operations[2]`. */
  readonly where: string;
  /** The attribute was named in the value of an operation without a path. */
  readonly pathless: boolean;
};

/** A PatchOperation whose target is an attribute that a schema defines. */
export type AttributeOperation = PatchOperation & { readonly target: Extract<Target, { kind: "attribute" }> };
