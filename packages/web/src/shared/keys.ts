import { useEffect, useRef } from "react";
import { isModalOpen } from "./focus.ts";

/** By `KeyboardEvent.key`; `g u` means one after the other. */
export type Keys = Readonly<Record<string, () => void>>;

/** How long the first key of two is remembered. */
const SECOND_KEY_MS = 1_200;

let firstKey = "";
let firstKeyMs = 0;
const layers: { current: Keys }[] = [];

/** Keys that work anywhere on the page except while typing. Those of the innermost view come first. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    layers.push(latest);
    return () => {
      layers.splice(layers.indexOf(latest), 1);
    };
  }, []);
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
  if (isModalOpen()) return;
  const isSecond = firstKey !== "" && event.timeStamp - firstKeyMs < SECOND_KEY_MS;
  const key = isSecond ? `${firstKey} ${event.key}` : event.key;
  firstKey = !isSecond && event.key === "g" ? "g" : "";
  firstKeyMs = event.timeStamp;
  for (const { current } of layers.toReversed()) {
    const act = current[key];
    if (act === undefined) continue;
    event.preventDefault();
    act();
    return;
  }
});

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable], [role='combobox']")
  );
}
