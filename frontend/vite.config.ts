import { defineConfig } from "vite";

// File names stay fixed, because the pages name them.
export default defineConfig({
  base: "/static/built/",
  publicDir: false,
  build: {
    outDir: "../src/wangge/static/built",
    emptyOutDir: true,
    target: "es2022",
    rolldownOptions: {
      input: { desk: "src/desk.ts" },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
});
