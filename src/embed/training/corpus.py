"""What the model learns from: text that may be used so, out of pinned packages of the registries."""

import gzip
import random
import re
from html.parser import HTMLParser
from pathlib import Path

# Documentation packages of Debian 12. What quality is measured on is not among them: no book on deep learning, causal
# inference or Rust, and neither scikit-learn's, PostgreSQL's and Python's manuals nor the Debian handbook.
MANUALS = [
    "cmake-doc", "erlang-doc", "git-doc", "gnuplot-doc", "maxima-doc", "octave-doc", "postgis-doc", "python-celery-doc", "python-dask-doc",
    "python-django-doc", "python-flask-doc", "python-pandas-doc", "python-patsy-doc", "python-scipy-doc", "python-skimage-doc",
    "python-sqlalchemy-doc", "python-statsmodels-doc", "python-sympy-doc", "python-tornado-doc", "python-xarray-doc",
    "quantlib-refman-html", "r-doc-html", "rust-doc", "sqlite3-doc",
]
# Pages of a manual at most, and the longest one: a reference of functions says the same thing again and again.
MOST_PAGES, LONGEST_PAGE = 250, 200_000
LEFT_OUT = re.compile(r"/(book|rustc?-by-example|_sources|_static|search|genindex|changelog|whatsnew|release)")

# Most texts of each kind; a seeded sample where there are more.
MOST = {"gloss": 80_000, "description": 40_000, "sentence": 80_000, "paragraph": 14_000, "heading": 12_000, "name": 12_000}


def corpus(packages: Path, seed: int) -> list[tuple[str, str]]:
    """(kind, text), shuffled, each text once."""
    found: dict[str, set[str]] = {kind: set() for kind in MOST}
    found["gloss"].update(glosses(packages))
    found["description"].update(descriptions(packages))
    found["name"].update(names())
    chance = random.Random(seed)
    for manual in MANUALS:
        for kind, text in manual_texts(packages, manual, chance):
            found[kind].add(text)
    texts = []
    for kind, most in MOST.items():
        sample = sorted(found[kind])
        chance.shuffle(sample)
        texts += [(kind, text) for text in sample[:most]]
    chance.shuffle(texts)
    return texts


def glosses(packages: Path):
    """WordNet: each sense's words with what they mean."""
    for part in ["noun", "verb", "adj", "adv"]:
        for line in (packages / "wordnet-base/usr/share/wordnet" / f"data.{part}").read_text(errors="ignore").splitlines():
            if line.startswith("  ") or " | " not in line:
                continue
            fields, gloss = line.split(" | ", 1)
            fields = fields.split()
            words = [fields[4 + 2 * at].replace("_", " ") for at in range(int(fields[3], 16))]
            gloss = gloss.split('; "')[0].strip()
            yield f"{', '.join(words[:3])}: {gloss}"
            yield gloss


def descriptions(packages: Path):
    """Sentences of the descriptions of Debian's packages."""
    text = gzip.decompress((packages / "Packages.gz").read_bytes()).decode(errors="ignore")
    for summary in re.findall(r"^Description: (.+)$", text, re.MULTILINE):
        yield plain(summary)


def names():
    """Titles and aliases of the topic map, as they were when the model was trained."""
    return (Path(__file__).parent / "names.txt").read_text().splitlines()


def manual_texts(packages: Path, manual: str, chance: random.Random):
    pages = [page for page in sorted((packages / manual).rglob("*.html")) if page.is_file() and not page.is_symlink()]
    pages = [page for page in pages if page.stat().st_size <= LONGEST_PAGE and not LEFT_OUT.search(str(page))]
    for page in chance.sample(pages, min(MOST_PAGES, len(pages))):
        blocks = Blocks()
        blocks.feed(page.read_text(errors="ignore"))
        for tag, text in blocks.found:
            if tag.startswith("h"):
                if 2 <= len(text.split()) <= 12 and is_english(text):
                    yield "heading", text
                continue
            if len(text.split()) >= 40 and is_english(text):
                yield "paragraph", " ".join(text.split()[:110])
            for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", text):
                if 5 <= len(sentence.split()) <= 45 and is_english(sentence):
                    yield "sentence", sentence


class Blocks(HTMLParser):
    """The headings and paragraphs of a page, without their marks."""

    BLOCKS = {"h1", "h2", "h3", "h4", "p", "li", "dd"}
    SKIPPED = {"script", "style", "pre", "nav", "table"}

    def __init__(self):
        super().__init__()
        self.found, self.text, self.tag, self.skipped = [], [], None, 0

    def handle_starttag(self, tag, _):
        self.skipped += tag in self.SKIPPED
        if tag in self.BLOCKS:
            self.close_block()
            self.tag = tag

    def handle_endtag(self, tag):
        self.skipped -= tag in self.SKIPPED and self.skipped > 0
        if tag in self.BLOCKS:
            self.close_block()

    def handle_data(self, data):
        if self.tag and not self.skipped:
            self.text.append(data)

    def close_block(self):
        text = plain("".join(self.text))
        if self.tag and text:
            self.found.append((self.tag, text))
        self.text, self.tag = [], None


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("¶", " ")).strip(" \uf0c1")


def is_english(text: str) -> bool:
    """Mostly letters, and not a listing."""
    letters = sum(c.isascii() and (c.isalpha() or c == " ") for c in text)
    return letters > 0.85 * len(text)
