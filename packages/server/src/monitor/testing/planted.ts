import { randomBytes } from "node:crypto";
import type { Found } from "./leaks.ts";

/** Bytes of a unit, see {@link newSecret}. */
const UNIT_BYTES = 6;
const UNIT = /q[0-9a-f]{12}/g;

/** Like no other text: three times the same unit, so that a part of it is seen as well. */
function newSecret(): string {
  return `q${randomBytes(UNIT_BYTES).toString("hex")}`.repeat(3);
}

/** Secrets that were put somewhere, and must be nowhere else. */
export class Planted {
  readonly #whereByUnit = new Map<string, string>();
  /** Those of another form. */
  readonly #others = new Map<string, string>();

  /** Makes a secret. @param where it will be put, for people */
  plant(where: string): string {
    const secret = newSecret();
    for (const unit of unitsIn(secret)) this.#whereByUnit.set(unit, where);
    return secret;
  }

  /** Notes a secret that was made elsewhere, or a form of one in which it may be found as well. */
  know(secret: string, where: string): string {
    this.#others.set(secret, where);
    return secret;
  }

  get size(): number {
    return this.#whereByUnit.size + this.#others.size;
  }

  /** What of them is in a piece of what was kept. */
  leaksIn({ where, text }: Found): string[] {
    // As UTF-16 has it, too.
    const ours = unitsIn(text.includes("\0") ? text.replaceAll("\0", "") : text).map((unit) =>
      this.#whereByUnit.get(unit),
    );
    const others = [...this.#others].map(([secret, origin]) => (text.includes(secret) ? origin : undefined));
    return [...ours, ...others].filter((origin) => origin !== undefined).map((origin) => `${origin} (${where})`);
  }
}

function unitsIn(text: string): string[] {
  return text.match(UNIT) ?? [];
}
