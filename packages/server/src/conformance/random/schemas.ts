import fc from "fast-check";

export const THING = "urn:example:params:scim:schemas:Thing";
export const EXTENSION = "urn:example:params:scim:schemas:extension:Thing";

/** An attribute of a random resource type: of its schema, or of its extension. */
export type RandomAttribute = {
  /** Unique, also across the extension. */
  readonly name: string;
  readonly isExtension: boolean;
  readonly type: "string" | "integer" | "decimal" | "boolean" | "dateTime";
  readonly multiValued: boolean;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: "readOnly" | "readWrite" | "immutable" | "writeOnly";
  readonly returned: "always" | "default" | "request" | "never";
  readonly uniqueness: "none" | "server";
};

export type Value = string | number | boolean;

/** Values by attribute name, without attributes that have no value. */
export type Values = Readonly<Record<string, Value | readonly Value[]>>;

/** Few values, so that they repeat; the texts differ in letter case or contain wildcards. */
const VALUES: Readonly<Record<RandomAttribute["type"], readonly Value[]>> = {
  string: ["a", "A", "ab", "aB", "50%", "x_y", 'quote " and \\', "ä"],
  integer: [-1, 0, 2, 10],
  decimal: [-0.5, 0, 1.5, 10],
  boolean: [true, false],
  // The first two are the same moment.
  dateTime: ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-03-01T00:00:00.5Z"],
};

export function candidates({ type }: RandomAttribute): readonly Value[] {
  return VALUES[type];
}

/** Characteristics of an attribute without contradictions. */
const characteristics: fc.Arbitrary<Omit<RandomAttribute, "name">> = fc
  .record({
    type: fc.constantFrom(...(Object.keys(VALUES) as RandomAttribute["type"][])),
    multiValued: fc.boolean(),
    required: fc.boolean(),
    caseExact: fc.boolean(),
    mutability: fc.constantFrom("readOnly", "readWrite", "readWrite", "immutable", "writeOnly"),
    returned: fc.constantFrom("always", "default", "default", "request", "never"),
    uniqueness: fc.constantFrom("none", "server"),
    isExtension: fc.boolean(),
  })
  .map((drawn) => {
    const { type, multiValued, mutability } = drawn;
    const isHidden = mutability === "writeOnly" || (drawn.returned === "never" && mutability === "readWrite");
    const isUnique = drawn.uniqueness === "server" && !isHidden && !multiValued;
    return {
      ...drawn,
      // A required attribute of an extension is required only if the resource has the extension; another test covers
      // that.
      required: drawn.required && !drawn.isExtension && !isHidden && mutability !== "readOnly",
      caseExact: drawn.caseExact && type === "string",
      returned: isHidden ? "never" : drawn.returned === "never" ? "default" : drawn.returned,
      uniqueness: isUnique && (type === "string" || type === "integer") ? "server" : "none",
    } as const;
  });

/** One to six attributes. */
export const schema: fc.Arbitrary<readonly RandomAttribute[]> = fc
  .array(characteristics, { minLength: 1, maxLength: 6 })
  .map((drawn) => drawn.map((each, index) => ({ ...each, name: `attribute${index}` })));

/** The resource type as settings of an endpoint. */
export function settingsOf(attributes: readonly RandomAttribute[]): object {
  const definitions = (isExtension: boolean) =>
    attributes
      .filter((each) => each.isExtension === isExtension)
      .map(({ isExtension: _, ...definition }) => definition);
  const [core, extension] = [definitions(false), definitions(true)];
  return {
    schemas: [
      // A schema has at least one attribute.
      { id: THING, name: "Thing", attributes: [...core, { name: "unused" }] },
      { id: EXTENSION, name: "Extension", attributes: [...extension, { name: "unused" }] },
    ],
    resourceTypes: [
      { name: "Thing", endpoint: "/Things", schema: THING, schemaExtensions: [{ schema: EXTENSION, required: false }] },
    ],
  };
}

/** The name of an attribute in a filter, a PATCH or `attributes`. */
export function pathOf({ name, isExtension }: RandomAttribute): string {
  return isExtension ? `${EXTENSION}:${name}` : name;
}

/** The values as JSON of a resource. */
export function resourceOf(attributes: readonly RandomAttribute[], values: Values): object {
  const part = (isExtension: boolean) =>
    Object.fromEntries(
      attributes
        .filter((each) => each.isExtension === isExtension && values[each.name] !== undefined)
        .map(({ name }) => [name, values[name]]),
    );
  const extension = part(true);
  const isExtended = Object.keys(extension).length > 0;
  return {
    schemas: isExtended ? [THING, EXTENSION] : [THING],
    ...part(false),
    ...(isExtended && { [EXTENSION]: extension }),
  };
}

/** A value of an attribute, or none. */
export function someValue(attribute: RandomAttribute): fc.Arbitrary<Value | readonly Value[] | undefined> {
  const one = fc.constantFrom(...candidates(attribute));
  const some: fc.Arbitrary<Value | readonly Value[]> = attribute.multiValued
    ? fc.uniqueArray(one, { minLength: 1, maxLength: 3, selector: sameKey(attribute) })
    : one;
  return fc.option(some, { nil: undefined, freq: attribute.required ? 10 : 3 });
}

/** Values for a resource. */
export function valuesOf(attributes: readonly RandomAttribute[]): fc.Arbitrary<Values> {
  return fc.tuple(...attributes.map(someValue)).map((values) => {
    const entries = attributes.map(({ name }, index) => [name, values[index]] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Values;
  });
}

/** Two values of an attribute are equal if these keys are: by letter case, moment, or value. */
export function sameKey({ type, caseExact }: RandomAttribute): (value: Value) => Value {
  return (value) => {
    if (type === "dateTime") return Date.parse(String(value));
    return type === "string" && !caseExact ? String(value).toLowerCase() : value;
  };
}
