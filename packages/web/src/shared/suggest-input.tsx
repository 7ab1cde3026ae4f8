import { Input, type InputProps } from "@fluentui/react-components";
import {
  type CSSProperties,
  type KeyboardEvent,
  type RefObject,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import styles from "./suggest-input.module.css";

export type Suggestion = {
  readonly key: string;
  readonly text: string;
  /** Distinguishes it from others with the same text. */
  readonly note?: string | undefined;
};

type SuggestInputProps = Omit<InputProps, "value" | "onChange" | "onKeyDown"> & {
  readonly value: string;
  readonly onChange: (text: string, caret: number) => void;
  readonly suggestions: readonly Suggestion[];
  readonly onPick: (suggestion: Suggestion) => void;
  /** Whether nothing more can be picked after this. */
  readonly isLast?: (suggestion: Suggestion) => boolean;
  readonly ref?: RefObject<HTMLInputElement | null>;
  /** Enter without a chosen suggestion. */
  readonly onEnter?: () => void;
  /** Whether Enter takes the first suggestion if none was chosen. */
  readonly picksFirst?: boolean;
};

/** A field with a list of suggestions below it (the combobox pattern of WAI-ARIA). */
export function SuggestInput(props: SuggestInputProps) {
  const { value, onChange, suggestions, onPick, isLast, onEnter, picksFirst = false, ...input } = props;
  const id = useId();
  const anchor = `--suggest${id.replace(/\W/g, "")}`;
  const list = useRef<HTMLDivElement>(null);
  const [isWanted, setIsWanted] = useState(false);
  const [chosen, setChosen] = useState<number>();
  const isOpen = isWanted && suggestions.length > 0;
  const fallback = picksFirst ? 0 : undefined;
  const current = isOpen ? (chosen === undefined ? fallback : Math.min(chosen, suggestions.length - 1)) : undefined;
  useLayoutEffect(() => {
    list.current?.togglePopover(isOpen);
  }, [isOpen]);

  const close = () => {
    setIsWanted(false);
    setChosen(undefined);
  };
  const pick = (suggestion: Suggestion) => {
    setChosen(undefined);
    onPick(suggestion);
    if (isLast?.(suggestion)) setIsWanted(false);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const suggestion = current === undefined ? undefined : suggestions[current];
    if (step !== undefined && suggestions.length > 0) {
      event.preventDefault();
      setIsWanted(true);
      const last = suggestions.length - 1;
      if (chosen === undefined && fallback === undefined) setChosen(step > 0 ? 0 : last);
      else setChosen(((chosen ?? 0) + step + suggestions.length) % suggestions.length);
    } else if (event.key === "Enter" || (event.key === "Tab" && chosen !== undefined)) {
      event.preventDefault();
      if (suggestion !== undefined) pick(suggestion);
      else {
        close();
        onEnter?.();
      }
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      close();
    }
  };
  return (
    <span className={styles.anchor} style={{ anchorName: anchor } as CSSProperties}>
      <Input
        {...input}
        autoComplete="off"
        spellCheck={false}
        value={value}
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={isOpen}
        aria-controls={id}
        aria-activedescendant={current === undefined ? undefined : `${id}${current}`}
        onChange={(event, data) => {
          setIsWanted(true);
          setChosen(undefined);
          onChange(data.value, event.target.selectionStart ?? data.value.length);
        }}
        onKeyDown={onKeyDown}
        onClick={() => setIsWanted(true)}
        onBlur={(event) => {
          close();
          input.onBlur?.(event);
        }}
      />
      <div
        ref={list}
        id={id}
        popover="manual"
        role="listbox"
        aria-label="Suggestions"
        className={styles.list}
        style={{ positionAnchor: anchor } as CSSProperties}
      >
        {isOpen &&
          suggestions.map((suggestion, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus and handles the keys
            <div
              key={suggestion.key}
              id={`${id}${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === current}
              className={styles.option}
              // The field keeps the focus.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => pick(suggestion)}
            >
              <bdi>{suggestion.text}</bdi>
              {suggestion.note !== undefined && <bdi className={styles.note}>{suggestion.note}</bdi>}
            </div>
          ))}
      </div>
    </span>
  );
}
