import { createRequire, registerHooks } from "node:module";

// Azurite's blob service, which `azurite.ts` runs with an IPC channel. Two thirds of its start load the client of a
// telemetry service, which this disables.
registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier === "applicationinsights"
      ? { url: "node:util", format: "builtin", shortCircuit: true }
      : nextResolve(specifier, context),
});

// It must not outlive its parent, however that ends.
process.on("disconnect", () => process.exit());

createRequire(import.meta.url)("azurite/dist/src/blob/main.js");
