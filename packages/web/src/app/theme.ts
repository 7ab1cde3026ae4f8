import { type Theme, teamsHighContrastTheme, webDarkTheme, webLightTheme } from "@fluentui/react-components";
import { useSyncExternalStore } from "react";

/** index.html reads the same key before the first paint. */
const KEY = "scimtool-theme";

export const THEMES = ["system", "light", "dark", "contrast"] as const;
export type ThemeName = (typeof THEMES)[number];

export const THEME_LABELS: Readonly<Record<ThemeName, string>> = {
  system: "System",
  light: "Light",
  dark: "Dark",
  contrast: "High contrast",
};

const FONTS: Partial<Theme> = {
  fontFamilyBase:
    "'Segoe UI Variable Text', 'Segoe UI', system-ui, -apple-system, Roboto, 'Helvetica Neue', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'Cascadia Code', Consolas, Menlo, 'DejaVu Sans Mono', monospace",
};

const FLUENT_THEMES: Readonly<Record<Exclude<ThemeName, "system">, Theme>> = {
  light: { ...webLightTheme, ...FONTS },
  dark: { ...webDarkTheme, ...FONTS },
  contrast: { ...teamsHighContrastTheme, ...FONTS },
};

const systemDark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
systemDark.addEventListener("change", notify);

function chosenTheme(): ThemeName {
  const { theme } = document.documentElement.dataset;
  return THEMES.find((name) => name === theme) ?? "system";
}

export function chooseTheme(name: ThemeName): void {
  if (name === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = name;
  try {
    if (name === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, name);
  } catch {
    // Without storage, the choice lasts until the page is loaded again.
  }
  notify();
}

/** The theme to render with, also when the system's changes. */
export function useFluentTheme(): Theme {
  return FLUENT_THEMES[useSyncExternalStore(subscribe, shownTheme)];
}

export function useChosenTheme(): ThemeName {
  return useSyncExternalStore(subscribe, chosenTheme);
}

function shownTheme(): Exclude<ThemeName, "system"> {
  const chosen = chosenTheme();
  if (chosen !== "system") return chosen;
  return systemDark.matches ? "dark" : "light";
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function notify(): void {
  for (const listener of listeners) listener();
}
