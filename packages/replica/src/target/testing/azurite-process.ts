import { createRequire, registerHooks } from "node:module";

// Azurite's blob service, run by `azurite.ts` with an IPC channel to it. Two thirds of its start go into loading the
// client of a telemetry service, which is switched off.
registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier === "applicationinsights"
      ? { url: "node:util", format: "builtin", shortCircuit: true }
      : nextResolve(specifier, context),
});

// It must not outlive whoever started it, however that one ends.
process.on("disconnect", () => process.exit());

createRequire(import.meta.url)("azurite/dist/src/blob/main.js");
