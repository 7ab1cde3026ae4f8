import { button, fill } from "../dom/element.js";
import { icon } from "../dom/icon.js";

const KEY = "scimtool-theme";

/** Switches between light and dark. What the system says holds again when both agree. */
export function themeSwitch() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset["theme"] ?? (system.matches ? "dark" : "light")) === "dark";
  const toggle = button([], () => {
    const wanted = isDark() ? "light" : "dark";
    const isSystems = (wanted === "dark") === system.matches;
    if (isSystems) delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = wanted;
    remember(isSystems ? undefined : wanted);
    show();
  });
  toggle.className = "quiet icon-only";
  const show = () => {
    const label = isDark() ? "Light theme" : "Dark theme";
    toggle.setAttribute("aria-label", label);
    toggle.title = label;
    fill(toggle, icon(isDark() ? "sun" : "moon"));
  };
  system.addEventListener("change", show);
  show();
  return toggle;
}

/** @param {string | undefined} theme */
function remember(theme) {
  try {
    if (theme === undefined) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Storage is refused: it holds until the page is loaded again.
  }
}
