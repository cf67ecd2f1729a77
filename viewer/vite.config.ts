import { defineConfig } from "vitest/config";

// django-vite reads the manifest; Django serves build/assets under /static/. Paths are relative to this folder.
export default defineConfig({
  base: "/static/",
  build: {
    manifest: "manifest.json",
    outDir: "../build/assets",
    emptyOutDir: true,
    target: "es2022",
    // The viewer is loaded only on image pages; codecs (blosc, zstd, lz4) are chunks fetched when an image needs them.
    chunkSizeWarningLimit: 900,
    rolldownOptions: { input: { site: "src/site.ts", viewer: "src/viewer/main.ts" } },
  },
  test: { include: ["tests/**/*.test.ts"] },
});
