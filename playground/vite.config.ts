import { resolve } from "node:path";
import { defineConfig } from "vite";

const here = import.meta.dirname;

/** Where `npm run dev` finds a running Pathwright. */
const server = process.env.PATHWRIGHT_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  build: {
    target: "es2022",
    // Monaco, which only GraphiQL's page loads, is far above the usual warning.
    chunkSizeWarningLimit: 5000,
    // A font in the style sheet itself would be refused by the Content-Security-Policy.
    assetsInlineLimit: 0,
    rolldownOptions: { input: { index: resolve(here, "index.html"), graphiql: resolve(here, "graphiql.html") } },
  },
  // Workers are found by Vite itself; what gathers dependencies for `npm run dev` cannot follow them.
  optimizeDeps: { exclude: ["graphiql/setup-workers/vite", "@graphiql/react/setup-workers/vite"] },
  server: {
    proxy: {
      "/graphql": { target: server, ws: true },
      "/books": server,
      "/readyz": server,
    },
  },
});
