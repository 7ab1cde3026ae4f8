import { type RandomAttribute, sameKey, type Value, type Values } from "./schemas.ts";

/** The expected response of a service provider. */
export type Answered =
  | { readonly status: 200 | 201; readonly shown: Values }
  | { readonly status: 400 | 409; readonly scimType: "invalidValue" | "mutability" | "uniqueness" | "invalidFilter" };

/** Resources of one type, stored according to RFC 7643 §7 in the simplest way. */
export class Model {
  readonly attributes: readonly RandomAttribute[];
  /** By ID, without never-returned attributes. */
  readonly resources = new Map<string, Values>();

  constructor(attributes: readonly RandomAttribute[]) {
    this.attributes = attributes;
  }

  /** The response to a POST; `keep` gets its ID. */
  create(sent: Values): { readonly answered: Answered; readonly keep: (id: string) => void } {
    const values = this.#without(sent, ({ mutability }) => mutability === "readOnly");
    const answered = this.#refusal(values, undefined) ?? { status: 201, shown: this.#shown(values, sent) };
    return { answered, keep: (id) => this.#keep(id, values) };
  }

  /** The response to a PUT. */
  replace(id: string, sent: Values): Answered {
    const given = this.#without(sent, ({ mutability }) => mutability === "readOnly");
    const missing = this.#missing(given);
    if (missing !== undefined) return missing;
    const before = this.resources.get(id) ?? {};
    // A client may omit attributes that it can neither see nor change.
    const isHidden = ({ mutability, returned }: RandomAttribute) =>
      mutability === "immutable" && returned === "request";
    const values = { ...this.#without(before, (attribute) => !isHidden(attribute)), ...given };
    const isChanged = this.attributes.some(
      ({ name, mutability }) =>
        mutability === "immutable" && before[name] !== undefined && !isSame(before[name], values[name]),
    );
    if (isChanged) return { status: 400, scimType: "mutability" };
    const refusal = this.#refusal(values, id);
    if (refusal !== undefined) return refusal;
    this.#keep(id, values);
    return { status: 200, shown: this.#shown(values, sent) };
  }

  /** The response to a PATCH that replaces one attribute, or removes it if there is no value. */
  modify(id: string, attribute: RandomAttribute, value: Values[string] | undefined): Answered {
    const { name, mutability, required } = attribute;
    const before = this.resources.get(id) ?? {};
    if (mutability === "readOnly") return { status: 400, scimType: "mutability" };
    if (value === undefined && required) return { status: 400, scimType: "mutability" };
    if (mutability === "immutable" && before[name] !== undefined && !isSame(before[name], value)) {
      return { status: 400, scimType: "mutability" };
    }
    const { [name]: _, ...rest } = before;
    const values = value === undefined ? rest : { ...rest, [name]: value };
    const refusal = this.#refusal(values, id);
    if (refusal !== undefined) return refusal;
    this.#keep(id, values);
    return { status: 200, shown: this.#shown(values, value === undefined ? {} : { [name]: value }) };
  }

  /** The result of a GET, or of one with a single name in `attributes`. */
  read(id: string, named?: string): Values {
    const values = this.resources.get(id) ?? {};
    const isShown = ({ name, returned }: RandomAttribute) =>
      returned === "always" || (named === undefined ? returned === "default" : named === name && returned !== "never");
    return this.#without(values, (attribute) => !isShown(attribute));
  }

  /** IDs of the resources with an equal value of the attribute; undefined if it cannot be filtered by. */
  matching(attribute: RandomAttribute, value: Value): readonly string[] | undefined {
    if (attribute.returned === "never") return undefined;
    const key = sameKey(attribute);
    const ids = [...this.resources].filter(([, values]) =>
      [values[attribute.name] ?? []].flat().some((each) => key(each) === key(value)),
    );
    return ids.map(([id]) => id);
  }

  #keep(id: string, values: Values): void {
    this.resources.set(
      id,
      this.#without(values, ({ returned }) => returned === "never"),
    );
  }

  #missing(values: Values): Answered | undefined {
    const isMissing = this.attributes.some(({ name, required }) => required && values[name] === undefined);
    return isMissing ? { status: 400, scimType: "invalidValue" } : undefined;
  }

  #refusal(values: Values, id: string | undefined): Answered | undefined {
    const missing = this.#missing(values);
    if (missing !== undefined) return missing;
    const isTaken = this.attributes.some((attribute) => {
      const value = values[attribute.name];
      if (attribute.uniqueness === "none" || value === undefined) return false;
      return this.matching(attribute, value as Value)?.some((holder) => holder !== id);
    });
    return isTaken ? { status: 409, scimType: "uniqueness" } : undefined;
  }

  /** The result of a write, with attributes returned on request that the client has written. */
  #shown(values: Values, written: Values): Values {
    return this.#without(
      values,
      ({ name, returned }) => returned === "never" || (returned === "request" && written[name] === undefined),
    );
  }

  #without(values: Values, isLeftOut: (attribute: RandomAttribute) => boolean): Values {
    const names = new Set(this.attributes.filter(isLeftOut).map(({ name }) => name));
    return Object.fromEntries(Object.entries(values).filter(([name]) => !names.has(name)));
  }
}

function isSame(one: Values[string] | undefined, other: Values[string] | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
