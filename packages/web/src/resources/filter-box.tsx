import { useEffect, useState } from "react";
import { SuggestInput } from "../shared/suggest-input.tsx";
import type { TypeDefinition } from "./definition.ts";
import { completionsOf } from "./filter-completion.ts";
import styles from "./resources.module.css";

type FilterBoxProps = {
  readonly definition: TypeDefinition;
  readonly value: string;
  readonly onChange: (filter: string) => void;
};

/** A SCIM filter, with completion. It is applied with Enter or when the field is left. */
export function FilterBox({ definition, value, onChange }: FilterBoxProps) {
  const [text, setText] = useState(value);
  const [caret, setCaret] = useState(value.length);
  useEffect(() => setText(value), [value]);
  const { from, found } = completionsOf(text.slice(0, caret), definition);
  const apply = () => {
    if (text.trim() !== value) onChange(text.trim());
  };
  return (
    <div className={styles.filter}>
      <SuggestInput
        aria-label="SCIM filter"
        placeholder='userName sw "a" and active eq true'
        value={text}
        onChange={(next, at) => {
          setText(next);
          setCaret(at);
        }}
        suggestions={found.map(({ text: key, note }) => ({ key, text: key, note }))}
        onPick={({ text: picked }) => {
          const rest = text.slice(caret);
          const next = `${text.slice(0, from)}${picked} `;
          setText(next + rest.trimStart());
          setCaret(next.length);
        }}
        onEnter={apply}
        onBlur={apply}
      />
    </div>
  );
}

type FilterProblemProps = {
  readonly filter: string;
  readonly message: string;
  /** Characters before the filter in what was sent. */
  readonly shift: number;
};

/** Says what is wrong with a filter, and marks where. */
export function FilterProblem({ filter, message, shift }: FilterProblemProps) {
  const [, position, rest] = /^filter: at character (\d+), (.*)$/s.exec(message) ?? [];
  const at = Number(position) - 1 - shift;
  return (
    <div role="alert" className={styles.problem}>
      <p>{position === undefined ? message : `At character ${at + 1}, ${rest}`}</p>
      {position !== undefined && (
        <code>
          {filter.slice(0, at)}
          <mark>{filter.slice(at) || " "}</mark>
        </code>
      )}
    </div>
  );
}
