import { defineConfig } from "vitest/config";

// django-vite reads the manifest; Django serves build/assets under /static/. Paths are relative to this folder.
export default defineConfig({
  base: "/static/",
  build: {
    manifest: "manifest.json",
    outDir: "../build/assets",
    emptyOutDir: true,
    target: "es2022",
    // The viewer is loaded only on image pages; codecs (blosc, zstd, lz4) are small chunks of their own.
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      input: { site: "src/site.ts", viewer: "src/viewer/main.ts" },
      checks: { eval: false, pluginTimings: false }, // htmx's eval is turned off in site.ts
    },
  },
  // numcodecs' WebAssembly decoders need 'unsafe-eval' and 450 kB; ours are plain and small.
  resolve: {
    alias: {
      "numcodecs/blosc": "/src/viewer/codecs/blosc.ts",
      "numcodecs/lz4": "/src/viewer/codecs/lz4.ts",
      "numcodecs/zstd": "/src/viewer/codecs/zstd.ts",
    },
  },
  // Bootstrap 5.3 is written for an older Sass; its own warnings are not ours to heed.
  css: { preprocessorOptions: { scss: { quietDeps: true, silenceDeprecations: ["import"] } } },
  test: { include: ["tests/**/*.test.ts"] },
});
