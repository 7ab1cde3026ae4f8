import type { Exchange } from "./exchange.ts";

/**
 * What exchanges have alike that differ in some values alone, as reads do that come by the thousand: it is worked out
 * and written once.
 */
export type ExchangeForm = {
  /**
   * One of them, of an endpoint and let in by a credential. In its texts, marks stand where the values are to be; the ids
   * of its resources are marks.
   */
  readonly model: Exchange;
  /**
   * By the number of the value that each stands for: letters, digits and hyphens, that occur in no text otherwise. In
   * texts that exchanges are searched by, none of those is next to one.
   */
  readonly marks: readonly string[];
};

/** An exchange by its form, and what it has of its own. */
export type FormedExchange = Pick<Exchange, "id" | "durationUs" | "split" | "requestId"> & {
  readonly form: ExchangeForm;
  /** One for each mark. */
  readonly values: readonly string[];
  /** How long the body of the answer was. */
  readonly responseBytes: number;
};

/**
 * Fills in something of a form: strings, numbers, lists and objects.
 * @returns it with values in place of marks
 */
export function formFiller<Model>(model: Model, marks: readonly string[]): (values: readonly string[]) => Model {
  const json = JSON.stringify(model);
  // At once: a value may happen to hold another one's mark.
  const pieces = json.split(new RegExp(`(${marks.map((mark) => RegExp.escape(mark)).join("|")})`));
  const texts = pieces.map((piece) => ({ piece, number: marks.indexOf(piece) }));
  return (values) => {
    let filled = "";
    for (const { piece, number } of texts) {
      filled += number < 0 ? piece : JSON.stringify(values[number] ?? "").slice(1, -1);
    }
    return JSON.parse(filled) as Model;
  };
}
