import { Input } from "@fluentui/react-components";
import { SearchRegular } from "@fluentui/react-icons/svg/search";
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react";
import type { ExchangeSummary } from "../api/types.ts";
import { type Filter, withValue } from "./filter.ts";
import styles from "./query-box.module.css";
import { completionsOf, parseQuery } from "./query-text.ts";

/** Words are searched after a pause; filters when they are complete. */
const PAUSE_MS = 250;

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
  const [isOpen, setIsOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const followed = useRef(q);
  /** Leaving the field follows a change of its text before it is drawn. */
  const newest = useRef(q);
  const show = (shown: string) => {
    newest.current = shown;
    setText(shown);
  };
  const completions = isOpen ? completionsOf(text, rows) : [];

  useEffect(() => {
    if (q === followed.current) return;
    followed.current = q;
    show(q);
  }, [q]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const follow = (wanted: string) => {
    clearTimeout(timer.current);
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
    setIsOpen(true);
    setChosen(-1);
    clearTimeout(timer.current);
    if (!wanted.includes(":")) timer.current = setTimeout(() => latest.current(wanted), PAUSE_MS);
  };
  const complete = (index: number) => {
    const completed = completions[index]?.text ?? text;
    type(completed);
    if (!completed.endsWith(" ")) return;
    setIsOpen(false);
    follow(completed);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && completions.length > 0) {
      event.preventDefault();
      setChosen((Math.max(chosen, step > 0 ? -1 : 0) + step + completions.length) % completions.length);
    } else if (event.key === "Enter" || (event.key === "Tab" && chosen >= 0)) {
      event.preventDefault();
      if (chosen >= 0) complete(chosen);
      else {
        setIsOpen(false);
        follow(text);
      }
    } else if (event.key === "Escape") {
      event.stopPropagation();
      show("");
      follow("");
      event.currentTarget.blur();
    }
  };

  return (
    <div className={styles.box}>
      <Input
        ref={field}
        className={styles.field}
        type="search"
        placeholder="Search, or filter: status:409"
        role="combobox"
        aria-label="Search"
        aria-expanded={completions.length > 0}
        aria-controls="query-completions"
        aria-activedescendant={chosen >= 0 ? `completion-${chosen}` : undefined}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : "query-problem"}
        aria-keyshortcuts="/"
        autoComplete="off"
        spellCheck={false}
        contentBefore={<SearchRegular />}
        value={text}
        onChange={(_event, { value }) => type(value)}
        onClick={() => setIsOpen(true)}
        onKeyDown={onKeyDown}
        onBlur={() => {
          setIsOpen(false);
          follow(newest.current);
        }}
      />
      {problem !== undefined && (
        <p id="query-problem" role="alert" className={styles.problem}>
          {problem}
        </p>
      )}
      {completions.length > 0 && (
        <div id="query-completions" role="listbox" aria-label="Completions" className={styles.list}>
          {completions.map(({ label, hint }, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus and handles the keys
            <div
              key={label}
              id={`completion-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === chosen}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => complete(index)}
            >
              <strong>{label}</strong> <span>{hint}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
