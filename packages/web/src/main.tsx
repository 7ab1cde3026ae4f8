import { createDOMRenderer, FluentProvider, RendererProvider, Toaster } from "@fluentui/react-components";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queries.ts";
import { App } from "./app/app.tsx";
import { useFluentTheme } from "./app/theme.ts";
import "./base.css";
import { TOASTER } from "./shared/toast.tsx";

/** Fluent's styles come first in the document, so that ours win. */
const renderer = createDOMRenderer(document, {
  insertionPoint: document.querySelector<HTMLMetaElement>('meta[name="color-scheme"]') ?? undefined,
});

function Page() {
  return (
    <RendererProvider renderer={renderer}>
      <FluentProvider theme={useFluentTheme()} className="app">
        <QueryClientProvider client={queryClient}>
          <App />
          <Toaster toasterId={TOASTER} position="bottom-end" timeout={4_000} />
        </QueryClientProvider>
      </FluentProvider>
    </RendererProvider>
  );
}

const root = document.getElementById("root");
if (root === null) throw new Error("The document has no element for the page.");
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
