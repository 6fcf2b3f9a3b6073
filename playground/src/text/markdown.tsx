/**
 * Pieces are Markdown by a language model or out of books, and neither is trusted: they become elements one by one, never
 * through a string of HTML. What looks like HTML, a link or a picture stays the text it is.
 */
import { Lexer, Marked, type Token, type Tokens } from "marked";
import type { ComponentChildren, VNode } from "preact";
import { memo } from "preact/compat";
import { Code } from "./code";
import { Formula } from "./formula";

interface CitationToken {
  type: "citation";
  raw: string;
  marker: string;
}

interface FormulaToken {
  type: "formula";
  raw: string;
  tex: string;
  display: boolean;
}

const marked = new Marked({
  extensions: [
    {
      name: "citation",
      level: "inline",
      start: (text) => text.search(/\\?\[\d/),
      tokenizer: (text) => {
        const found = /^\\?\[(\d{1,4})\\?\]/.exec(text);
        return found ? { type: "citation", raw: found[0], marker: found[1] } : undefined;
      },
    },
    {
      name: "formula",
      level: "inline",
      start: (text) => text.indexOf("$"),
      tokenizer: (text) => {
        const found = /^\$\$([\s\S]+?)\$\$/.exec(text) ?? /^\$(?!\s)((?:\\.|[^\\$\n])+?)\$(?!\d)/.exec(text);
        const tex = found?.[1];
        return tex ? { type: "formula", raw: found[0], tex, display: found[0].startsWith("$$") } : undefined;
      },
    },
  ],
});

export function tokens(markdown: string): Token[] {
  return new Lexer(marked.defaults).lex(markdown);
}

interface MarkdownProps {
  text: string;
  /** The marker of a citation as something to press; none while its passage is not known. */
  citation: (marker: string) => VNode | undefined;
}

export function Markdown({ text, citation }: MarkdownProps): VNode {
  const blocks = tokens(text);
  // The page has the first level; whatever the piece begins with is the second.
  const top = Math.min(...blocks.map((token) => (token.type === "heading" ? (token as Tokens.Heading).depth : 6)));
  return (
    <div class="prose">
      {blocks.map((token, at) => (
        // What was written stays as it is while more comes: only the last block is made anew.
        <Block key={at} token={token} citation={citation} top={top} />
      ))}
    </div>
  );
}

interface BlockProps {
  token: Token;
  citation: MarkdownProps["citation"];
  /** The highest level of the piece's own headings. */
  top: number;
}

const Block = memo(
  ({ token, citation, top }: BlockProps) => <>{block(token, citation, top)}</>,
  (before, now) =>
    before.token.raw === now.token.raw &&
    before.token.type === now.token.type &&
    before.citation === now.citation &&
    before.top === now.top,
);

export function block(token: Token, citation: MarkdownProps["citation"], top = 1): ComponentChildren {
  const inner = (list: Token[] | undefined) => inlines(list ?? [], citation);
  switch (token.type) {
    case "heading": {
      const { depth, tokens } = token as Tokens.Heading;
      const Level = `h${Math.min(Math.max(2 + depth - top, 2), 6)}` as "h2";
      return <Level>{inner(tokens)}</Level>;
    }
    case "paragraph":
      return <p>{inner((token as Tokens.Paragraph).tokens)}</p>;
    case "blockquote":
      return <blockquote>{blocks((token as Tokens.Blockquote).tokens, citation)}</blockquote>;
    case "code":
      return <Code text={(token as Tokens.Code).text} language={(token as Tokens.Code).lang} />;
    case "list":
      return list(token as Tokens.List, citation);
    case "table":
      return table(token as Tokens.Table, citation);
    case "hr":
      return <hr />;
    case "space":
    case "def":
      return null;
    case "html":
      return <p>{token.raw}</p>;
    default:
      return inline(token, citation);
  }
}

function blocks(list: Token[], citation: MarkdownProps["citation"]): ComponentChildren {
  return list.map((token) => block(token, citation));
}

function list(token: Tokens.List, citation: MarkdownProps["citation"]): VNode {
  const items = token.items.map((item) => (
    <li>
      {item.task && <input type="checkbox" checked={item.checked} disabled aria-label="done" />}
      {blocks(item.tokens, citation)}
    </li>
  ));
  return token.ordered ? <ol start={Number(token.start) || 1}>{items}</ol> : <ul>{items}</ul>;
}

function table(token: Tokens.Table, citation: MarkdownProps["citation"]): VNode {
  return (
    <div class="wide" role="region" aria-label="Table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {token.header.map((cell) => (
              <th scope="col">{inlines(cell.tokens, citation)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row) => (
            <tr>
              {row.map((cell) => (
                <td>{inlines(cell.tokens, citation)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inlines(list: Token[], citation: MarkdownProps["citation"]): ComponentChildren {
  return list.map((token) => inline(token, citation));
}

function inline(token: Token, citation: MarkdownProps["citation"]): ComponentChildren {
  switch (token.type) {
    case "strong":
      return <strong>{inlines((token as Tokens.Strong).tokens, citation)}</strong>;
    case "em":
      return <em>{inlines((token as Tokens.Em).tokens, citation)}</em>;
    case "del":
      return <del>{inlines((token as Tokens.Del).tokens, citation)}</del>;
    case "codespan":
      return <code>{(token as Tokens.Codespan).text}</code>;
    case "br":
      return <br />;
    case "escape":
      return (token as Tokens.Escape).text;
    case "citation": {
      const { marker } = token as unknown as CitationToken;
      return citation(marker) ?? `[${marker}]`;
    }
    case "formula": {
      const { tex, display } = token as unknown as FormulaToken;
      return <Formula tex={tex} display={display} />;
    }
    case "text": {
      const { tokens, text } = token as Tokens.Text;
      return tokens ? inlines(tokens, citation) : plain(text);
    }
    default:
      // Links, pictures and HTML: as they stand.
      return token.raw;
  }
}

const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** The few entities that Markdown in the wild uses; others stay as they are. */
function plain(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]+));/gi,
    (whole, decimal?: string, hexadecimal?: string, name?: string) => {
      if (name) return NAMED[name.toLowerCase()] ?? whole;
      const point = decimal ? Number(decimal) : Number.parseInt(hexadecimal ?? "", 16);
      return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );
}
