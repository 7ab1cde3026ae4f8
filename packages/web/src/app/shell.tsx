import { Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
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
  const path = useRouterState({ select: ({ resolvedLocation, location }) => (resolvedLocation ?? location).pathname });
  useFocusOnHeading(path);
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

const LOOK_MS = 50;

/** A view that takes longer does not get the focus any more. */
const MAX_LOOKS = 60;

/** Puts people who use the keyboard or a screen reader at the beginning of the next view. */
function useFocusOnHeading(path: string): void {
  const last = useRef(path);
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
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
  }, [path]);
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
