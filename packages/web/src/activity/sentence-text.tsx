import { type ReactNode, useMemo } from "react";
import type { Reference } from "../api/types.ts";
import { shortText } from "../shared/short-text.ts";

type SentenceTextProps = { readonly text: string; readonly resources: readonly Pick<Reference, "label">[] };

/** A sentence with the names of resources in bold, isolated so that they do not change the order of the text around. */
export function SentenceText({ text, resources }: SentenceTextProps): ReactNode {
  return useMemo(() => {
    const names = [...new Set(resources.flatMap(({ label }) => [label, shortName(label), ...possessivesOf(label)]))];
    const found = names.filter((name) => name.length > 1 && text.includes(name));
    // Of two names that begin alike, the longer one is meant.
    return split(
      text,
      found.sort((one, other) => other.length - one.length),
    );
  }, [text, resources]);
}

/** As the server shortens names in sentences. */
function shortName(label: string): string {
  return shortText(label, 81);
}

/** "Joy's", as sentences about Joy Young may begin. */
function possessivesOf(label: string): string[] {
  const first = label.split(" ")[0] ?? "";
  return first === label ? [] : [`${first}'s `, `${first}' `];
}

function split(text: string, [name, ...others]: readonly string[], path = ""): ReactNode[] {
  if (name === undefined) return [text];
  return text.split(name).flatMap((part, index) => {
    const key = `${path}${index}.`;
    const rest = part === "" ? [] : split(part, others, key);
    if (index === 0) return rest;
    return [
      <strong key={key}>
        <bdi>{name}</bdi>
      </strong>,
      ...rest,
    ];
  });
}
