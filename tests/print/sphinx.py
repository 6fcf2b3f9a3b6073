"""A book written for Sphinx as Markdown: its tables of contents give the order and the levels."""

import json
import re

# Directives whose content is no text of the book.
TEXTLESS = {"toctree", "contents", "index", "highlight", "currentmodule", "module", "image", "figure", "raw"}


def chapters(root, starts, pandoc):
    """Names and texts of the files in reading order, beginning with `starts`, each a chapter."""
    seen = set()
    for start in starts:
        yield from below(root, root / start, 0, seen, pandoc)


def below(root, file, depth, seen, pandoc):
    if file in seen or not file.is_file():
        return
    seen.add(file)
    text = file.read_text()
    yield file.relative_to(root).with_suffix("").as_posix().replace("/", "-"), markdown(text, depth, pandoc)
    for entry in entries(text):
        base = root if entry.startswith("/") else file.parent
        yield from below(root, base / (entry.lstrip("/") + file.suffix), depth + 1, seen, pandoc)


def entries(text):
    """What the tables of contents of a file name, without options."""
    for block in re.findall(r"^\.\. toctree::\n((?:[ \t]+.*\n|\n)*)", text, re.MULTILINE):
        for line in block.splitlines():
            if line.strip() and not line.strip().startswith(":"):
                yield re.sub(r".*<(.+)>", r"\1", line.strip())


def markdown(text, depth, pandoc):
    book = json.loads(pandoc(text, "rst", "json"))
    book["blocks"] = walked(book["blocks"], depth)
    return pandoc(json.dumps(book), "json", "commonmark_x-smart-attributes-raw_html-fenced_divs-bracketed_spans", "--wrap=none")


def walked(node, depth):
    if isinstance(node, list):
        return [new for item in node for new in several(item, depth)]
    if isinstance(node, dict):
        return {key: walked(value, depth) for key, value in node.items()}
    return node


def several(item, depth):
    """What an element of a list becomes: none, itself, or what it holds."""
    kind = item.get("t") if isinstance(item, dict) else None
    if kind == "Div":
        return [] if TEXTLESS & set(item["c"][0][1]) else walked(item["c"][1], depth)
    if kind in ("Span", "Link"):
        return walked(item["c"][1], depth)
    if kind in ("RawBlock", "RawInline", "Image", "Figure"):
        return []
    if kind == "Code":
        return [{"t": "Code", "c": [["", [], []], said(item["c"][1])]}]
    if kind == "Header":
        level, _, inlines = item["c"]
        return [{"t": "Header", "c": [min(level + depth, 6), ["", [], []], walked(inlines, depth)]}]
    return [walked(item, depth)]


def said(role):
    """What Sphinx prints of a role's text: the label of a reference, the last name of a path that asks for it."""
    role = re.sub(r"^(.+?)\s*<[^>]+>$", r"\1", role, flags=re.DOTALL)
    return role.rsplit(".", 1)[-1] if role.startswith("~") else role.lstrip("!")
