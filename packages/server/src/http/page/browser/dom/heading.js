/**
 * Puts those who go by keys or by ear at the beginning of a view.
 * @param {HTMLElement} root
 */
export function goToHeading(root) {
  const heading = root.querySelector("h1");
  if (heading === null) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}
