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

/** The classes of Tabler that our pages use, a twentieth of what it brings; tests/house holds this list complete. */
const OF_TABLER = new Set([
  ...["btn", "btn-lg", "btn-primary", "btn-sm", "card", "chart", "empty", "empty-title", "form-check-input"],
  ...["form-control", "form-label", "form-select", "prose", "row", "small", "visually-hidden"],
]);

interface Rule {
  selectors: string[];
  source?: { input: { file?: string } };
  parent?: { name?: string };
  remove(): void;
}

const used = {
  postcssPlugin: "used",
  Rule(rule: Rule) {
    if (!rule.source?.input.file?.includes("@tabler") || rule.parent?.name === "keyframes") return;
    const kept = rule.selectors.filter((selector) =>
      [...selector.matchAll(/\.([A-Za-z][\w-]*)/g)].every(([, name]) => OF_TABLER.has(name)),
    );
    if (!kept.length) rule.remove();
    else if (kept.length < rule.selectors.length) rule.selectors = kept;
  },
};

// File names stay fixed, because the pages name them; the server puts them below an address that changes with them.
export default defineConfig({
  base: "./",
  publicDir: false,
  plugins: [compressed],
  css: { postcss: { plugins: [used] } },
  build: {
    outDir: "../src/wangge/static/built",
    emptyOutDir: true,
    target: "es2022",
    rolldownOptions: {
      input: { coverage: "src/coverage.ts", desk: "src/desk.ts", fill: "src/fill.ts", map: "src/map.ts", screen: "src/screen.ts", wall: "src/wall.ts" },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
});
