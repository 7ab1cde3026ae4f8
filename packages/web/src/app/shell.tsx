import { Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { focusHeading, isFocusFree } from "../shared/focus.ts";
import { useKeys } from "../shared/keys.ts";
import { ViewBoundary } from "../shared/view-boundary.tsx";
import { Navigation } from "./navigation.tsx";
import { OutageBanner } from "./outage-banner.tsx";
import styles from "./shell.module.css";
import { TopBar } from "./top-bar.tsx";

const CommandPalette = lazy(async () => ({ default: (await import("./command-palette.tsx")).CommandPalette }));
const KeysHelp = lazy(async () => ({ default: (await import("./keys-help.tsx")).KeysHelp }));

/** The frame around every view. */
export function Shell() {
  const [open, setOpen] = useState<"palette" | "keys" | "navigation">();
  const close = () => setOpen(undefined);
  // Until the next view has loaded, the last one is shown.
  // Changes together with the view, unlike the address: a view is mounted once.
  const path = useRouterState({ select: ({ matches }) => matches.at(-1)?.pathname ?? "" });
  useFocusOnHeading(path);
  useFocusKept();
  useOpenKeys(setOpen);
  useKeys({ "?": () => setOpen("keys") });
  useEffect(close, [path]);
  return (
    <div className={styles.shell}>
      <button type="button" className={styles.skip} onClick={() => document.getElementById("main")?.focus()}>
        Skip to the content
      </button>
      <TopBar
        onPalette={() => setOpen("palette")}
        onKeys={() => setOpen("keys")}
        onNavigation={() => setOpen(open === "navigation" ? undefined : "navigation")}
        isNavigationOpen={open === "navigation"}
      />
      <div className={styles.body}>
        <Navigation isOpen={open === "navigation"} onClose={close} />
        <main id="main" tabIndex={-1} className={styles.main}>
          <OutageBanner />
          <div className={styles.view}>
            <ViewBoundary key={path}>
              <Outlet />
            </ViewBoundary>
          </div>
        </main>
      </div>
      <Suspense fallback={null}>
        {open === "palette" && <CommandPalette onClose={close} />}
        {open === "keys" && <KeysHelp onClose={close} />}
      </Suspense>
    </div>
  );
}

/** Each view begins at its heading, except the first one of a visit. */
function useFocusOnHeading(path: string): void {
  const last = useRef(path);
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    focusHeading();
  }, [path]);
}

/** Dialogs that close return the focus within this time. */
const RETURN_MS = 50;

/** If the focused element goes away with what it did, the heading gets the focus. */
function useFocusKept(): void {
  useEffect(() => {
    let focused: EventTarget | null = null;
    const ended = new AbortController();
    const remember = ({ target }: Event) => {
      focused = target;
    };
    addEventListener("focusin", remember, { signal: ended.signal });
    // A click on nothing gives the focus up.
    addEventListener("pointerdown", () => (focused = null), { signal: ended.signal });
    const isLost = () => focused instanceof Element && !focused.isConnected && isFocusFree();
    const keep = () => {
      if (isLost()) document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
    };
    const observer = new MutationObserver(() => {
      if (isLost()) setTimeout(keep, RETURN_MS);
    });
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      ended.abort();
      observer.disconnect();
    };
  }, []);
}

function useOpenKeys(open: (what: "palette" | "keys") => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        open("palette");
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [open]);
}
