import { useRouter } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";

/** Typing is followed after a pause, or when the field is left. */
const PAUSE_MS = 250;

/**
 * Properties of a field whose text is followed soon after somebody typed it.
 * @param value as it is elsewhere, such as in the address
 */
export function useTypedText(value: string, onChange: (text: string) => void) {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const followed = useRef(value);
  const latest = useRef(value);
  latest.current = text;

  useEffect(() => {
    if (value === followed.current) return;
    followed.current = value;
    setText(value);
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const isLeaving = useIsLeaving();
  const follow = (wanted: string) => {
    clearTimeout(timer.current);
    if (isLeaving()) return;
    if (wanted.trim() === followed.current) return;
    followed.current = wanted.trim();
    onChange(wanted);
  };

  return {
    value: text,
    onChange: (_event: unknown, data: { readonly value: string }) => {
      setText(data.value);
      latest.current = data.value;
      clearTimeout(timer.current);
      timer.current = setTimeout(() => follow(data.value), PAUSE_MS);
    },
    onBlur: () => follow(latest.current),
    onKeyDown: (event: KeyboardEvent<HTMLInputElement>) => {
      if (event.key === "Enter") follow(latest.current);
      if (event.key !== "Escape") return;
      event.stopPropagation();
      setText("");
      latest.current = "";
      follow("");
      event.currentTarget.blur();
    },
  };
}

/** Whether people are on their way to another view: this one is shown until the other has loaded. */
export function useIsLeaving(): () => boolean {
  const router = useRouter();
  return () => router.latestLocation.pathname !== router.state.resolvedLocation?.pathname;
}
