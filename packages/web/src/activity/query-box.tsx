import { SearchRegular } from "@fluentui/react-icons/svg/search";
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react";
import type { ExchangeSummary } from "../api/types.ts";
import { SuggestInput } from "../shared/suggest-input.tsx";
import { useIsLeaving } from "../shared/typed-text.ts";
import { type Filter, withValue } from "./filter.ts";
import styles from "./query-box.module.css";
import { completionsOf, parseQuery } from "./query-text.ts";

/** Words are searched after a pause; filters when they are complete. */
const PAUSE_MS = 250;

/** Of what a completion gives: not if a value must follow. */
const isComplete = (text: string) => text.endsWith(" ");

type QueryBoxProps = {
  readonly filter: Filter;
  /** Where completion takes values from. */
  readonly rows: readonly ExchangeSummary[];
  readonly onChange: (filter: Filter) => void;
  readonly field: RefObject<HTMLInputElement | null>;
};

/** A field for words and filters such as `status:409`, with completion. Filters become chips. */
export function QueryBox({ filter, rows, onChange, field }: QueryBoxProps) {
  const { q = "" } = filter;
  const [text, setText] = useState(q);
  const [problem, setProblem] = useState<string>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const followed = useRef(q);
  /** Leaving the field follows a change of its text before it is drawn. */
  const newest = useRef(q);
  const show = (shown: string) => {
    newest.current = shown;
    setText(shown);
  };

  useEffect(() => {
    if (q === followed.current) return;
    followed.current = q;
    show(q);
  }, [q]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const isLeaving = useIsLeaving();
  const follow = (wanted: string) => {
    clearTimeout(timer.current);
    if (isLeaving()) return;
    const query = parseQuery(wanted);
    setProblem(query.problem);
    const hasFilter = Object.keys(query.filter).length > 0;
    if (query.problem !== undefined || (!hasFilter && query.words === followed.current)) return;
    followed.current = query.words;
    if (hasFilter) show(query.words);
    onChange({ ...withValue(filter, "q", query.words), ...query.filter });
  };
  const latest = useRef(follow);
  latest.current = follow;

  const type = (wanted: string) => {
    show(wanted);
    setProblem(undefined);
    clearTimeout(timer.current);
    if (!wanted.includes(":")) timer.current = setTimeout(() => latest.current(wanted), PAUSE_MS);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    show("");
    follow("");
    field.current?.blur();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the field
    <div className={styles.box} onKeyDown={onKeyDown}>
      <SuggestInput
        ref={field}
        type="search"
        placeholder="Search, or filter: status:409"
        aria-label="Search"
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : "query-problem"}
        aria-keyshortcuts="/"
        contentBefore={<SearchRegular />}
        value={text}
        onChange={type}
        suggestions={completionsOf(text, rows)}
        onPick={({ key }) => {
          type(key);
          if (isComplete(key)) follow(key);
        }}
        isLast={({ key }) => isComplete(key)}
        onEnter={() => follow(text)}
        onBlur={() => follow(newest.current)}
      />
      {problem !== undefined && (
        <p id="query-problem" role="alert" className={styles.problem}>
          {problem}
        </p>
      )}
    </div>
  );
}
