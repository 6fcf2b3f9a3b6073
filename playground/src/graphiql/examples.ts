/** Ready operations: those of the pages, as they stand in `operations/`, and more for whoever writes a frontend. */
import { ownUserId } from "../api/session";

export interface Example {
  name: string;
  /** One line: the comment above the operation. */
  about: string;
  kind: "query" | "mutation" | "subscription";
  query: string;
  /** JSON. */
  variables: string;
}

const PAGES: Record<string, string> = import.meta.glob("../../operations/*.graphql", {
  query: "?raw",
  import: "default",
  eager: true,
});
const MORE: Record<string, string> = import.meta.glob("../../examples/*.graphql", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** The pages' fragments by their names, each defined beside the operation that used it first. */
const fragments = new Map(
  Object.values(PAGES).flatMap((text) =>
    Array.from(text.matchAll(/^fragment (\w+) on [\s\S]*?^}$/gm), ([whole, name = ""]) => [name, whole] as const),
  ),
);

/** What the variables of the pages' operations may be, so that each can be run as it comes. */
function values(): Record<string, unknown> {
  const userId = ownUserId();
  return {
    userId,
    topic: "dropout",
    templateId: "ml_engineer",
    templateIds: ["ml_engineer", "quant_trader"],
    days: 30,
    id: "paste an id",
    a: "paste the id of a target job",
    b: "paste the id of another one",
    after: "paste a cursor",
  };
}

/** Inputs by the operation they belong to. */
function inputs(): Record<string, unknown> {
  const userId = ownUserId();
  return {
    CompleteTopic: { userId, topicId: "dropout" },
    ContentStream: { userId, topicId: "dropout", kind: "EXPLANATION" },
    Estimate: { templateId: "ml_engineer" },
    Export: { format: "MARKDOWN" },
    OverrideCoverage: { topic: "dropout", covered: true, note: "Read it; it is all there." },
    ReopenTopic: { userId, topicId: "dropout" },
    SaveTargetJob: { userId, templateId: "quant_trader", wait: true },
    StartTopic: { userId, topicId: "dropout" },
    UpdateJobProfile: { userId, templateId: "ml_engineer" },
    UpsertUser: { id: userId, name: "Ada", hoursPerWeek: 8 },
  };
}

/** What is in the editor at the first visit. */
export const welcome: Example = example(MORE["../../examples/welcome.graphql"] ?? "");

export const examples: readonly Example[] = [...Object.values(MORE), ...Object.values(PAGES)].map(example);

function example(text: string): Example {
  const [, kind = "query", name = ""] = /^(query|mutation|subscription) (\w+)/m.exec(text) ?? [];
  return {
    name,
    about: /^# (.+)$/m.exec(text)?.[1] ?? "",
    kind: kind as Example["kind"],
    query: withFragments(text),
    variables: variables(text, name),
  };
}

/** The operation with every fragment it needs, and none that it does not. */
function withFragments(text: string): string {
  const operation = text.replace(/^fragment [\s\S]*?^}\n?/gm, "").trim();
  const needed = new Map<string, string>();
  const collect = (part: string) => {
    for (const [, name = ""] of part.matchAll(/\.\.\.(\w+)/g)) {
      const fragment = fragments.get(name);
      if (!fragment || needed.has(name)) continue;
      needed.set(name, fragment);
      collect(fragment);
    }
  };
  collect(operation);
  return [operation, ...needed.values()].join("\n\n") + "\n";
}

function variables(text: string, operation: string): string {
  const declared = (/^\w+ \w+\(([^)]*)\)/m.exec(text)?.[1] ?? "").matchAll(/\$(\w+): ([\w![\]]+)( = )?/g);
  const known: Record<string, unknown> = { ...values(), input: inputs()[operation] };
  // A default needs no value, and a cursor that may be left out is.
  const wanted = [...declared]
    .filter(([, name, type, hasDefault]) => !hasDefault && (name !== "after" || type?.endsWith("!")))
    .map(([, name = ""]) => [name, known[name]]);
  return wanted.length > 0 ? JSON.stringify(Object.fromEntries(wanted), null, 2) : "";
}
