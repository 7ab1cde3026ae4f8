import { CommandRefused } from "./command.ts";

type Labelled = { readonly key: number; readonly label: string };

/**
 * The one that a person means, by its label or else by its key.
 * @param noun what they are: `token`
 * @param endpoint the name of where they are
 * @throws CommandRefused when there is no such one, or there are several
 */
export function pickOne<T extends Labelled>(noun: string, endpoint: string, all: readonly T[], text: string): T {
  const labelled = all.filter(({ label }) => label === text);
  const [found, another] = labelled.length > 0 ? labelled : all.filter(({ key }) => String(key) === text);
  if (found === undefined) {
    const there = all.length === 0 ? "It has none." : `There are: ${all.map(({ label }) => label).join(", ")}.`;
    throw new CommandRefused(`the endpoint "${endpoint}" has no ${noun} "${text}". ${there}`);
  }
  if (another === undefined) return found;
  const keys = labelled.map(({ key }) => key).join(", ");
  throw new CommandRefused(`several have the label "${text}". Name one by its key: ${keys}.`);
}
