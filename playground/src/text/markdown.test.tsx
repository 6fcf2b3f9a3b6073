import { type ComponentChild, type ComponentChildren, isValidElement, toChildArray } from "preact";
import { expect, test } from "vitest";
import { Code } from "./code";
import { Formula } from "./formula";
import { block, tokens } from "./markdown";

const citation = (marker: string) => (marker === "1" ? <button type="button">{marker}</button> : undefined);

/** Elements by their names around their text; code and formulas as their source. */
function outline(children: ComponentChildren): string {
  return toChildArray(children).map(one).join("");
}

function one(child: ComponentChild): string {
  if (!isValidElement(child)) return typeof child === "string" ? child : "";
  const { type, props } = child;
  if (type === Code) return `{code ${JSON.stringify(props)}}`;
  if (type === Formula) return `{formula ${JSON.stringify(props)}}`;
  const inner = outline(props.children);
  return typeof type === "string" ? `<${type}>${inner}</${type}>` : inner;
}

const shown = (markdown: string, top?: number) =>
  tokens(markdown)
    .map((token) => outline(block(token, citation, top)))
    .join("");

test.each([
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "a <b onmouseover=alert(1)>word</b> in between",
  "[press](javascript:alert(1))",
  "![picture](https://elsewhere.example/seen.png)",
  "<https://elsewhere.example>",
])("%s stays the text it is", (hostile) => {
  expect(shown(hostile)).toBe(`<p>${hostile}</p>`);
});

test("a citation can be pressed once its passage is known, and is its own text until then", () => {
  expect(shown("So it is [1], \\[1\\] and [2].")).toBe(
    "<p>So it is <button>1</button>, <button>1</button> and [2].</p>",
  );
});

test("a formula is one, and prices are none", () => {
  expect(shown("Take $x^2$ and $$\\sum_i x_i$$")).toBe(
    '<p>Take {formula {"tex":"x^2","display":false}} and {formula {"tex":"\\\\sum_i x_i","display":true}}</p>',
  );
  expect(shown("It costs $5 and then $10 more")).toBe("<p>It costs $5 and then $10 more</p>");
});

test("headings begin below the page's own, whatever the piece begins with", () => {
  expect(shown("# One\n\n### Three")).toBe("<h2>One</h2><h4>Three</h4>");
  expect(shown("### Three\n\n#### Four", 3)).toBe("<h2>Three</h2><h3>Four</h3>");
});

test("lists, tables and code keep their parts", () => {
  expect(shown("- *a*\n- `b`")).toBe("<ul><li><em>a</em></li><li><code>b</code></li></ul>");
  expect(shown("| a |\n| - |\n| 1 |")).toContain("<tbody><tr><td>1</td></tr></tbody>");
  expect(shown("```python\nx = 1\n```")).toBe('{code {"text":"x = 1","language":"python"}}');
});

test("entities are read once, never make an element, and are left alone where they name nothing", () => {
  expect(shown("a &amp;lt; b &#60;i&#x3e; &#38;gt; &nope; &#x110000;")).toBe("<p>a &lt; b <i> &gt; &nope; \ufffd</p>");
});
