import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

export default defineConfig({
  root: import.meta.dirname ?? new URL(".", import.meta.url).pathname,
  // Every address is relative: the page works below any path, from the server and as an export.
  base: "./",
  plugins: [solid()],
  worker: { format: "es" },
  build: {
    outDir: "../dist/studio",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 1500,
  },
});
