const LOOK_MS = 50;

/** A view that takes longer does not get the focus any more. */
const MAX_LOOKS = 60;

/**
 * Puts people who use the keyboard or a screen reader at the beginning of a view, as soon as its heading is there and
 * unless they go elsewhere meanwhile.
 * @returns stops it
 */
export function focusHeading(): () => void {
  let looks = 0;
  const before = document.activeElement;
  const timer = setInterval(() => {
    const heading = document.querySelector<HTMLElement>("main h1");
    const { activeElement } = document;
    const hasMoved = activeElement !== before && activeElement !== document.body;
    if (heading !== null && !hasMoved) heading.focus({ preventScroll: true });
    if (heading !== null || hasMoved || ++looks === MAX_LOOKS) clearInterval(timer);
  }, LOOK_MS);
  return () => clearInterval(timer);
}
