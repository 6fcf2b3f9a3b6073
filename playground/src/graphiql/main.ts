/** GraphiQL with ready examples, bundled: it needs no internet, and no other page loads any of it. */
import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./examples.css";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL, type GraphiQLProps, HISTORY_PLUGIN } from "graphiql";
import { createClient } from "graphql-ws";
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { authorization } from "../api/session";
import { EXAMPLES_PLUGIN } from "./plugin";
import { welcome } from "./examples";

const fetcher = createGraphiQLFetcher({
  url: "/graphql",
  headers: authorization(),
  wsClient: createClient({
    url: () => `${location.origin.replace(/^http/, "ws")}/graphql/ws`,
    connectionParams: authorization,
  }),
});

const settings: GraphiQLProps = {
  fetcher,
  plugins: [EXAMPLES_PLUGIN, HISTORY_PLUGIN],
  // Where there is room for it beside the editors.
  ...(matchMedia("(min-width: 60rem)").matches && { visiblePlugin: EXAMPLES_PLUGIN }),
  defaultTabs: [{ query: welcome.query, variables: welcome.variables }],
  defaultEditorToolsVisibility: "variables",
};
// Its own logo is a link out of this server.
const logo = createElement(GraphiQL.Logo, null, "Pathwright");

const place = document.getElementById("graphiql");
if (!place) throw new Error("graphiql.html has no #graphiql");
createRoot(place).render(createElement(GraphiQL, settings, logo));
