import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Libraries that change rarely get files of their own, which browsers and the repository's history keep. */
const VENDORS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["react", /node_modules[\\/](?:react|react-dom|scheduler)[\\/]/],
  ["tanstack", /node_modules[\\/]@tanstack[\\/]/],
  ["fluent", /node_modules[\\/](?:@fluentui|@griffel|@floating-ui|tabster|keyborg)[\\/]/],
];

export default defineConfig({
  plugins: [react()],
  build: {
    target: "esnext",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      output: {
        codeSplitting: { groups: VENDORS.map(([name, test]) => ({ name, test })) },
      },
    },
  },
  // Identical input must give identical files on every machine.
  clearScreen: false,
});
