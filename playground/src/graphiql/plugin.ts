/** The examples as a pane of GraphiQL: one press opens one in a tab of its own. */
import { useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from "@graphiql/react";
import { createElement as h, type ReactElement } from "react";
import { type Example, examples } from "./examples";

const KINDS = [
  ["query", "Queries"],
  ["mutation", "Mutations"],
  ["subscription", "Subscriptions"],
] as const;

function Examples(): ReactElement {
  const actions = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const open = (example: Example) => {
    actions.addTab();
    queryEditor?.setValue(example.query);
    variableEditor?.setValue(example.variables);
    // GraphiQL finds it out by itself a moment later, which is too late for whoever presses at once.
    actions.setOperationName(example.name);
  };
  const entry = (example: Example) =>
    h(
      "li",
      { key: example.name },
      h(
        "button",
        { type: "button", className: "example", onClick: () => open(example) },
        h("strong", null, example.name),
        h("span", null, example.about),
      ),
    );
  const group = ([kind, title]: (typeof KINDS)[number]) =>
    h(
      "section",
      { key: kind },
      h("h2", null, title),
      h("ul", null, ...examples.filter((example) => example.kind === kind).map(entry)),
    );
  return h(
    "div",
    { className: "examples" },
    h("p", null, h("a", { href: "/" }, "← To the learner's pages")),
    ...KINDS.map(group),
  );
}

function Icon(): ReactElement {
  return h(
    "svg",
    { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", strokeWidth: 1.6, "aria-hidden": true },
    h("path", { d: "M5 4h14v16H5zM9 9h6M9 13h6M9 17h3" }),
  );
}

export const EXAMPLES_PLUGIN: GraphiQLPlugin = { title: "Examples", icon: Icon, content: Examples };
