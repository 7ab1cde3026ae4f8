import { useEffect, useState } from "react";

/** By then people are busy with something else. */
const GIVE_UP_MS = 3_000;

let frame = 0;

/** Focuses an element as soon as it is there, unless people go elsewhere meanwhile. Only the last call counts. */
export function focusSoon(find: () => HTMLElement | null | undefined): void {
  const before = document.activeElement;
  const endMs = performance.now() + GIVE_UP_MS;
  const look = (nowMs: number) => {
    const hasMoved = !isFocusFree() && document.activeElement !== before;
    if (hasMoved || nowMs > endMs) return;
    const element = find();
    element?.focus({ preventScroll: true });
    // A hidden element cannot have the focus.
    if (!element || document.activeElement !== element) frame = requestAnimationFrame(look);
  };
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(look);
}

/** Puts people who use the keyboard or a screen reader at the beginning of a view. */
export function focusHeading(): void {
  focusSoon(() => document.querySelector<HTMLElement>("main h1"));
}

/** For dialogs: returns the focus to where it was when they opened, unless it has gone elsewhere. */
export function useReturnFocus(): void {
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      setTimeout(() => {
        if (isFocusFree() && opener instanceof HTMLElement) opener.focus({ preventScroll: true });
      });
    },
    [opener],
  );
}

/** Whether nothing has the focus, nor is about to: a modal dialog that opens takes it. */
export function isFocusFree(): boolean {
  const isNowhere = document.activeElement === null || document.activeElement === document.body;
  return isNowhere && !isModalOpen();
}

export function isModalOpen(): boolean {
  return document.querySelector('[aria-modal="true"]') !== null;
}
