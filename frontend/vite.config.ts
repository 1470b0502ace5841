import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Large files also stand compressed beside themselves, so that the server need not do it for every reader. */
const compressed: Plugin = {
  name: "compressed",
  async writeBundle({ dir = "" }, files) {
    for (const name of Object.keys(files)) {
      const content = await readFile(join(dir, name));
      if (content.length > 2048) await writeFile(join(dir, `${name}.gz`), gzipSync(content, { level: 9 }));
    }
  },
};

// File names stay fixed, because the pages name them.
export default defineConfig({
  base: "/static/built/",
  publicDir: false,
  plugins: [compressed],
  build: {
    outDir: "../src/wangge/static/built",
    emptyOutDir: true,
    target: "es2022",
    rolldownOptions: {
      input: { desk: "src/desk.ts", fill: "src/fill.ts", map: "src/map.ts", wall: "src/wall.ts" },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
});
