/** A passage of a book: paragraphs, `$…$` and fences; all else is plain text, and stays so. */
import type { ComponentChildren, VNode } from "preact";
import { Code } from "./code";
import { Formula } from "./formula";

export function PassageText({ text }: { text: string }): VNode {
  const parts = text.split(/^(```[^\n]*\n[\s\S]*?^```[ \t]*$)/m);
  return (
    <div class="prose passage-text">
      {parts.map((part) => (part.startsWith("```") ? fence(part) : paragraphs(part)))}
    </div>
  );
}

function fence(part: string): VNode {
  const [first = "", ...rest] = part.split("\n");
  return <Code text={rest.slice(0, -1).join("\n")} language={first.slice(3)} />;
}

function paragraphs(part: string): ComponentChildren {
  return part
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim())
    .map((paragraph) => <p>{formulas(paragraph)}</p>);
}

function formulas(paragraph: string): ComponentChildren {
  return paragraph.split(/(\$\$[\s\S]+?\$\$|\$(?!\s)(?:\\.|[^\\$\n])+?\$(?!\d))/).map((part, at) => {
    if (at % 2 === 0) return part;
    const display = part.startsWith("$$");
    return <Formula tex={display ? part.slice(2, -2) : part.slice(1, -1)} display={display} />;
  });
}
