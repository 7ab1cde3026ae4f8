import fc from "fast-check";

/** A singular or multi-valued attribute of a random schema, at the top or in the complex attribute `box`. */
export type RandomAttribute = {
  readonly name: string;
  readonly type: "string" | "integer" | "decimal" | "boolean" | "dateTime";
  readonly multiValued: boolean;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: "readOnly" | "readWrite" | "immutable" | "writeOnly";
  readonly returned: "always" | "default" | "request" | "never";
  readonly uniqueness: "none" | "server";
};

export type Value = string | number | boolean;

/** Values by the name of their attribute; an attribute without value is not there. */
export type Values = Readonly<Record<string, Value | readonly Value[]>>;

/** Few values, so that they meet again; the texts differ in letter case or have signs that patterns know. */
const VALUES: Readonly<Record<RandomAttribute["type"], readonly Value[]>> = {
  string: ["a", "A", "ab", "aB", "50%", "x_y", 'quote " and \\', "ä"],
  integer: [-1, 0, 2, 10],
  decimal: [-0.5, 0, 1.5, 10],
  boolean: [true, false],
  // The first two are one moment.
  dateTime: ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-03-01T00:00:00.5Z"],
};

export function candidates({ type }: RandomAttribute): readonly Value[] {
  return VALUES[type];
}

/** What an attribute of this kind may be, without contradictions. */
const characteristics: fc.Arbitrary<Omit<RandomAttribute, "name">> = fc
  .record({
    type: fc.constantFrom(...(Object.keys(VALUES) as RandomAttribute["type"][])),
    multiValued: fc.boolean(),
    required: fc.boolean(),
    caseExact: fc.boolean(),
    mutability: fc.constantFrom("readOnly", "readWrite", "readWrite", "immutable", "writeOnly"),
    returned: fc.constantFrom("always", "default", "default", "request", "never"),
    uniqueness: fc.constantFrom("none", "server"),
  })
  .map((drawn) => {
    const { type, multiValued, mutability } = drawn;
    const isHidden = mutability === "writeOnly" || (drawn.returned === "never" && mutability === "readWrite");
    const isUnique = drawn.uniqueness === "server" && !isHidden && !multiValued;
    return {
      ...drawn,
      required: drawn.required && !isHidden && mutability !== "readOnly",
      caseExact: drawn.caseExact && type === "string",
      returned: isHidden ? "never" : drawn.returned === "never" ? "default" : drawn.returned,
      uniqueness: isUnique && (type === "string" || type === "integer") ? "server" : "none",
    } as const;
  });

/** One to six attributes. */
export const schema: fc.Arbitrary<readonly RandomAttribute[]> = fc
  .array(characteristics, { minLength: 1, maxLength: 6 })
  .map((drawn) => drawn.map((each, index) => ({ ...each, name: `attribute${index}` })));

/** A value of an attribute, or none. */
export function someValue(attribute: RandomAttribute): fc.Arbitrary<Value | readonly Value[] | undefined> {
  const one = fc.constantFrom(...candidates(attribute));
  const some = attribute.multiValued
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

/** Two values of an attribute are equal when these are: by its letter case, by moment, else by value. */
export function sameKey({ type, caseExact }: RandomAttribute): (value: Value) => Value {
  return (value) => {
    if (type === "dateTime") return Date.parse(String(value));
    return type === "string" && !caseExact ? String(value).toLowerCase() : value;
  };
}
