"""Prints a Markdown book as PDF and EPUB, and writes down what stands in it.

    python print.py BOOK --to FOLDER [--name NAME] [--columns 2] [--no-outline] [--start FILE]...

BOOK is a folder of Markdown whose order SUMMARY.md gives, otherwise that of the names; with --start a book written for
Sphinx, read from these files on. Pandoc turns it into typst, typst sets it with running heads, page numbers, justified and hyphenated; pdfium, which has nothing to do with either, says which
words stand on which page. FOLDER then holds

    NAME.pdf, NAME.epub   the prints
    NAME/                 the Markdown they were printed from: what pandoc cannot take is gone
    NAME.words.txt        its text without markup, by pandoc
    NAME.headings.json    its headings with their levels, by pandoc
    NAME.pages.json       the words of each page of NAME.pdf, by pdfium
"""

import argparse
import html
import json
import re
import subprocess
import sys
from pathlib import Path

import pypandoc
import pypdfium2
import typst

import sphinx

MARKDOWN = "commonmark_x-smart-yaml_metadata_block-raw_html-attributes-bracketed_spans-fenced_divs-subscript-superscript"

PREAMBLE = """
#set document(title: {title}, author: {author})
#set text(size: 10pt, lang: "en", hyphenate: true)
#set par(justify: true, leading: 0.6em, spacing: 0.6em, first-line-indent: 1.2em)
#set heading(outlined: true, bookmarked: {outline}, numbering: none)
#show quote: set heading(outlined: false, bookmarked: false)
#show heading: set block(above: 1.6em, below: 0.9em)
#show heading: set text(hyphenate: false)
#show heading.where(level: 1): it => {{ {break_before} it }}
#show raw.where(block: true): set block(above: 1em, below: 1em, inset: (left: 1em))
#show raw.where(block: true): set par(justify: false)
#show raw: set text(size: 8.5pt)
#let horizontalrule = line(start: (25%, 0%), end: (75%, 0%))
#let sect = sym.inter
#let book = {title}
#let running = context {{
  let page = here().page()
  if page > 1 {{
    let before = query(selector(heading.where(level: 1)).before(here()))
    let chapter = if before.len() > 0 {{ before.last().body }} else {{ [] }}
    set text(size: 8pt)
    if calc.even(page) [#book #h(1fr) #page] else [#chapter #h(1fr) #page]
  }}
}}
#set page(paper: {paper}, margin: (x: 1.8cm, top: 2cm, bottom: 1.8cm), header: running, numbering: "1", columns: {columns})
#align(center)[#text(size: 22pt, weight: "bold", hyphenate: false)[#book]]
#v(1em)
"""


def main():
    options = arguments()
    name = options.name or options.book.name
    target = options.to
    target.mkdir(parents=True, exist_ok=True)
    source = target / name
    source.mkdir(exist_ok=True)
    for old in source.glob("*.md"):
        old.unlink()
    chapters = []
    for stem, text in texts(options):
        if text.strip():
            # The number keeps the order where no summary does.
            (source / f"{len(chapters):03}-{stem}.md").write_text(text)
            chapters.append(text)
    title = options.title or title_of(options.book) or name.replace("-", " ").capitalize()
    book = prepared(json.loads(pandoc("\n\n".join(chapters), MARKDOWN, "json")), title, options.author)
    syntax = json.dumps(book)
    write_headings(book, target / f"{name}.headings.json")
    (target / f"{name}.words.txt").write_text(pandoc(syntax, "json", "plain", "--wrap=none"))
    pdf = target / f"{name}.pdf"
    pdf.write_bytes(typeset(pandoc(syntax, "json", "typst", "--wrap=none", "--syntax-highlighting=none"), title, options))
    pandoc(syntax, "json", "epub3", "--mathml", "--split-level=2", "--toc-depth=3", f"--output={target / name}.epub")
    pages = words_by_page(pdf)
    (target / f"{name}.pages.json").write_text(json.dumps(pages, ensure_ascii=False))
    print(json.dumps({"name": name, "pages": len(pages), "words": sum(map(len, pages))}))


def arguments():
    parser = argparse.ArgumentParser(description="Prints a Markdown book as PDF and EPUB.")
    parser.add_argument("book", type=Path)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--name")
    parser.add_argument("--title")
    parser.add_argument("--author", default="Nobody in particular")
    parser.add_argument("--start", action="append", default=[])
    parser.add_argument("--columns", type=int, default=1)
    parser.add_argument("--no-outline", action="store_true")
    return parser.parse_args()


def texts(options):
    """Names and Markdown of the chapters."""
    if options.start:
        return sphinx.chapters(options.book, options.start, pandoc)
    return ((file.stem, clean(file.read_text())) for file in in_order(options.book))


def in_order(book):
    """The summary's order; files it does not name are no part of the book."""
    summary = book / "SUMMARY.md"
    if summary.is_file():
        named = re.findall(r"\]\(([^)#]+\.md)\)", summary.read_text())
        return [book / name for name in dict.fromkeys(named) if (book / name).is_file()]
    return sorted(book.rglob("*.md"), key=lambda file: (file.parent, file.stem != "index", file.name))


def title_of(book):
    """The summary or the index says what the book is called."""
    for name in ("SUMMARY.md", "index.md"):
        if (book / name).is_file():
            found = re.search(r"^# (.+)$", (book / name).read_text(), re.MULTILINE)
            if found and found.group(1).strip().lower() != "summary":
                return found.group(1).strip()
    return None


def clean(text):
    """Without what only the book's own tools understand: mdBook's includes, its elements, and HTML."""
    lines, fence = [], None
    for line in text.splitlines():
        mark = re.match(r"^[> ]*(`{3,}|~{3,})", line)
        if mark and fence is None:
            fence = mark.group(1)
        elif mark and mark.group(1).startswith(fence):
            fence = None
        elif fence is not None:
            if "{{#" in line or re.match(r"^# (?:[a-z#/(]|$)", line) and "rust" in opened:
                continue
        else:
            line = without_html(line)
        if mark and fence is not None:
            opened = line
            # mdBook's list of attributes after the language is none for pandoc.
            line = re.sub(r"(`{3,}|~{3,})([A-Za-z]*).*", r"\1\2", line)
        lines.append(line)
    text = "\n".join(lines) + "\n"
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    # A block that held an include alone.
    return re.sub(r"^[> ]*```[a-z]*\n(?:[> ]*\n)*[> ]*```\n", "", text, flags=re.MULTILINE)


def without_html(line):
    """Tags go, code and the text between tags stay."""
    parts = re.split(r"(`[^`]*`)", line)
    bare = [part if part.startswith("`") else re.sub(r"</?[A-Za-z][^<>]*>", "", part) for part in parts]
    line = "".join(bare)
    return re.sub(r"</?(?:Listing|figure|img|span|a|h[1-6])\b[^>]*>?", "", line) if "`" not in line else line


def pandoc(text, source, target, *options):
    command = [pypandoc.get_pandoc_path(), f"--from={source}", f"--to={target}", *options]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"pandoc to {target}: {done.stderr}")
    return done.stdout


def prepared(book, title, author):
    """Links and pictures as their text; no names for headings, which typst would want to be unique."""
    book["meta"] = {
        "title": {"t": "MetaString", "c": title},
        "author": {"t": "MetaString", "c": author},
        "lang": {"t": "MetaString", "c": "en"},
    }
    book["blocks"] = walked(book["blocks"])
    return book


def walked(node):
    if isinstance(node, list):
        out = []
        for item in node:
            if isinstance(item, dict) and item.get("t") in ("Link", "Image"):
                out.extend(walked(item["c"][1]))
            elif isinstance(item, dict) and item.get("t") in ("Span", "Div"):
                out.extend(walked(item["c"][1]))
            elif isinstance(item, dict) and item.get("t") == "Figure":
                out.extend(walked(item["c"][2]))
            elif not (isinstance(item, dict) and item.get("t") in ("RawBlock", "RawInline")):
                out.append(walked(item))
        return out
    if isinstance(node, dict):
        if node.get("t") == "Header":
            level, _, inlines = node["c"]
            return {"t": "Header", "c": [level, ["", [], []], walked(inlines)]}
        return {key: walked(value) for key, value in node.items()}
    return node


def typeset(body, title, options):
    columns = options.columns
    preamble = PREAMBLE.format(
        title=json.dumps(html.unescape(title)),
        author=json.dumps(options.author),
        outline="false" if options.no_outline else "true",
        columns=columns,
        # Two columns on a small page would hold three words a line.
        paper=json.dumps("a5" if columns == 1 else "a4"),
        break_before="pagebreak(weak: true);" if columns == 1 else "",
    )
    # A name of a symbol that pandoc still uses and typst has given up.
    body = body.replace("dot.circle", "dot.o")
    return typst.compile((preamble + body).encode())


def write_headings(book, file):
    """Those inside quotations are remarks, not a part of the structure."""
    found = [[block["c"][0], plain(block["c"][2])] for block in book["blocks"] if block["t"] == "Header"]
    file.write_text(json.dumps(found, ensure_ascii=False, indent=0))


def plain(inlines):
    text = ""
    for inline in inlines:
        kind, content = inline["t"], inline.get("c")
        if kind == "Str":
            text += content
        elif kind in ("Code", "Math"):
            text += content[1]
        elif kind in ("Space", "SoftBreak", "LineBreak"):
            text += " "
        elif kind == "Quoted":
            text += plain(content[1])
        elif isinstance(content, list):
            text += plain(content)
    return text


def words_by_page(file):
    document = pypdfium2.PdfDocument(file)
    return [page.get_textpage().get_text_bounded().split() for page in document]


if __name__ == "__main__":
    main()
