import { isDeepStrictEqual } from "node:util";
import type { Schema } from "../route-schema.ts";

/** A name that a component may have; other titles are titles only. */
const NAME = /^[A-Z][A-Za-z0-9]*$/;

/** The schemas that have a name: each is told once and referred to. */
export class Components {
  readonly #named = new Map<string, { readonly given: Schema; readonly schema: Schema }>();

  /**
   * A schema in which every one that has a name is replaced by a reference.
   * @throws Error when two schemas have one name
   */
  referring(schema: Schema): Schema {
    const { title } = schema;
    if (typeof title !== "string" || !NAME.test(title)) return this.#inner(schema);
    const known = this.#named.get(title);
    if (known === undefined) this.#named.set(title, { given: schema, schema: this.#inner(schema) });
    else if (!isDeepStrictEqual(known.given, schema)) throw new Error(`Two schemas have the name ${title}.`);
    return { $ref: `#/components/schemas/${title}` };
  }

  /** By their names. */
  get schemas(): Readonly<Record<string, Schema>> {
    const sorted = [...this.#named].toSorted(([left], [right]) => (left < right ? -1 : 1));
    return Object.fromEntries(sorted.map(([name, { schema }]) => [name, schema]));
  }

  #inner(schema: Schema): Schema {
    return Object.fromEntries(Object.entries(schema).map(([keyword, value]) => [keyword, this.#within(value)]));
  }

  #within(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.#within(each));
    return typeof value === "object" && value !== null ? this.referring(value as Schema) : value;
  }
}
