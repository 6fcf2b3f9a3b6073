use std::collections::HashMap;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, MetadataBlockKind, Options, Parser, Tag, TagEnd};
use serde::Deserialize;

use super::dialects::to_commonmark;
use super::document::{Block, Document, DocumentBuilder};
use super::marks::Marks;
use super::notes::{Note, notes, without_notes};
use super::references::slug;

/// Reads Markdown of any of the dialects books are written in.
pub fn read(text: &str) -> Document {
    let text = to_commonmark(text);
    let mut reader = Reader::default();
    for event in Parser::new_ext(&text, options()) {
        reader.event(event);
    }
    reader.end_prose();
    reader.builder.finish()
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_MATH
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS
        | Options::ENABLE_DEFINITION_LIST
}

/// What of the front matter matters here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct FrontMatter {
    title: Option<serde_json::Value>,
    /// A name, or a list of names, or of tables with names.
    author: Option<serde_json::Value>,
}

fn plain(value: serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Array(items) => {
            let names: Vec<String> = items.into_iter().filter_map(plain).collect();
            (!names.is_empty()).then(|| names.join(", "))
        }
        serde_json::Value::Object(mut table) => table.remove("name").and_then(plain),
        _ => None,
    }
}

#[derive(Default)]
struct Reader {
    builder: DocumentBuilder,
    prose: String,
    marks: Marks,
    /// Inside a heading: its level.
    heading: Option<u8>,
    /// What the source says of whatever comes next.
    waiting: Vec<(Note, String)>,
    slugs: HashMap<String, u32>,
    code: Option<(String, String)>,
    table: Option<String>,
    metadata: Option<(MetadataBlockKind, String)>,
    quotes: u32,
    skipped: u32,
}

impl Reader {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text),
            Event::Code(text) => self.text(&format!("`{}`", without_notes(&text))),
            Event::InlineMath(math) => self.text(&format!("${}$", math.trim())),
            Event::DisplayMath(math) => self.display_math(&math),
            Event::SoftBreak | Event::HardBreak => self.text(" "),
            Event::Rule => self.end_prose(),
            Event::Html(html) | Event::InlineHtml(html) => self.html(&html),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            // A heading inside a quotation is a remark of its own, not a part of the book's structure.
            Tag::Heading { level, id, .. } if self.quotes == 0 => {
                self.end_prose();
                self.heading = Some(number(level));
                self.waiting.extend(id.map(|id| (Note::Target, format!("#{id}"))));
            }
            Tag::Emphasis | Tag::Strong => self.marks.begin(self.prose.len()),
            Tag::Link { dest_url, .. } => self.marks.refer(self.prose.len(), dest_url.into_string()),
            Tag::CodeBlock(kind) => {
                self.end_prose();
                let language = match kind {
                    CodeBlockKind::Fenced(info) => info.split([',', ' ']).next().unwrap_or_default().to_owned(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((language, String::new()));
            }
            Tag::Table(_) => {
                self.end_prose();
                self.table = Some(String::new());
            }
            Tag::MetadataBlock(kind) => self.metadata = Some((kind, String::new())),
            Tag::BlockQuote(_) => {
                self.end_prose();
                self.quotes += 1;
            }
            Tag::Item => {
                self.end_prose();
                self.prose.push_str("- ");
            }
            Tag::Paragraph if self.prose != "- " => self.end_prose(),
            Tag::HtmlBlock => self.skipped += 1,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => match self.heading.take() {
                Some(level) => self.end_heading(level),
                None => self.end_prose(),
            },
            TagEnd::CodeBlock => {
                if let Some((language, text)) = self.code.take() {
                    self.code_block(language, &text);
                }
            }
            TagEnd::TableCell => self.table_text(" | "),
            TagEnd::TableRow | TagEnd::TableHead => self.table_text("\n"),
            TagEnd::Table => {
                let table = self.table.take().unwrap_or_default();
                let rows: Vec<&str> = table.lines().map(|row| row.trim_end_matches(" | ")).collect();
                self.builder.block(Block::Display(rows.join("\n")));
            }
            TagEnd::MetadataBlock(_) => self.end_metadata(),
            TagEnd::BlockQuote(_) => {
                self.end_prose();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::HtmlBlock => self.skipped = self.skipped.saturating_sub(1),
            TagEnd::Emphasis | TagEnd::Strong => self.marks.end(self.prose.len()),
            TagEnd::DefinitionListTitle => {
                self.builder.term(&self.prose);
                self.end_prose();
            }
            TagEnd::Paragraph
            | TagEnd::Item
            | TagEnd::List(_)
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionListDefinition => self.end_prose(),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let Some((_, metadata)) = &mut self.metadata {
            metadata.push_str(text);
        } else if let Some((_, code)) = &mut self.code {
            code.push_str(&without_notes(text));
        } else if self.table.is_some() {
            self.table_text(text);
        } else if self.skipped == 0 {
            self.prose.push_str(text);
        }
    }

    fn table_text(&mut self, text: &str) {
        if let Some(table) = &mut self.table {
            table.push_str(text);
        }
    }

    fn display_math(&mut self, math: &str) {
        if self.table.is_some() || self.heading.is_some() {
            return self.text(&format!("${}$", math.trim()));
        }
        self.end_prose();
        self.builder.block(Block::Display(format!("$$\n{}\n$$", math.trim())));
    }

    /// Cells that only set up a notebook, and tabs for other frameworks than the first, would repeat the same code.
    fn code_block(&mut self, language: String, text: &str) {
        const OTHER_TABS: [&str; 3] = ["mxnet", "tensorflow", "jax"];
        let first = text.lines().next().unwrap_or_default();
        let tabs = first.strip_prefix("%%tab").map(str::trim);
        let other = tabs.is_some_and(|tabs| tabs.split(',').all(|tab| OTHER_TABS.contains(&tab.trim())));
        let kept: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with('%') && !line.starts_with("#@tab") && !line.starts_with("tab.interact"))
            .collect();
        if !other {
            self.builder.block(Block::Code { language, text: kept.join("\n").trim_matches('\n').to_owned() });
        }
    }

    fn end_metadata(&mut self) {
        let Some((kind, text)) = self.metadata.take() else {
            return;
        };
        let front: FrontMatter = match kind {
            MetadataBlockKind::YamlStyle => serde_yaml_ng::from_str(&text).unwrap_or_default(),
            MetadataBlockKind::PlusesStyle => toml::from_str(&text).unwrap_or_default(),
        };
        self.builder.title(front.title.and_then(plain));
        self.builder.author(front.author.and_then(plain));
    }

    fn html(&mut self, html: &str) {
        for (note, name) in notes(html) {
            match note {
                Note::Label if self.heading.is_none() => self.builder.anchor(name),
                Note::Refer => self.marks.refer(self.prose.len(), name),
                Note::Label | Note::Target | Note::Term => self.waiting.push((note, name)),
            }
        }
        if html.starts_with("<dfn") {
            self.marks.begin(self.prose.len());
        } else if html.starts_with("</dfn") {
            self.marks.define(self.prose.len());
        }
    }

    fn end_heading(&mut self, level: u8) {
        let title = std::mem::take(&mut self.prose);
        self.marks = Marks::default();
        self.builder.heading(level, &title);
        let slug = slug(title.trim());
        let times = self.slugs.entry(slug.clone()).or_insert(0);
        self.builder.anchor(if *times == 0 { format!("#{slug}") } else { format!("#{slug}-{times}") });
        *times += 1;
        self.end_waiting();
    }

    /// What comes next has come.
    fn end_waiting(&mut self) {
        for (note, name) in std::mem::take(&mut self.waiting) {
            match note {
                Note::Term => self.builder.term(&name),
                _ => self.builder.anchor(name),
            }
        }
    }

    fn end_prose(&mut self) {
        let (prose, marks) = (std::mem::take(&mut self.prose), std::mem::take(&mut self.marks));
        if !matches!(prose.trim(), "" | "-") {
            self.end_waiting();
            self.builder.prose(&prose);
            marks.tell(&prose, &mut self.builder);
        }
    }
}

fn number(level: HeadingLevel) -> u8 {
    level as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure_and_clean_text() {
        let text = "---\ntitle: My book\nauthor: Ada\n---\n# Chapter {#ch .x}\n\nSome *emphasis* and `code` with $x^2$\nhere.<b>x</b>\n\n\
            $$\ny = x\n$$\n\n## Lists & tables\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```rust,ignore\nfn main() {}\n```\n\n\
            > ### Aside\n> Quoted.\n";
        let document = read(text);
        assert_eq!((document.title.as_deref(), document.author.as_deref()), (Some("My book"), Some("Ada")));
        let titles: Vec<_> = document.sections.iter().map(|s| (s.level, s.title.as_str())).collect();
        assert_eq!(titles, [(1, "Chapter"), (2, "Lists & tables")]);
        insta::assert_debug_snapshot!(document.sections.iter().flat_map(|s| &s.blocks).collect::<Vec<_>>(), @r#"
        [
            Prose(
                "Some emphasis and `code` with $x^2$ here.x",
            ),
            Display(
                "$$\ny = x\n$$",
            ),
            Prose(
                "- one",
            ),
            Prose(
                "- two",
            ),
            Display(
                "a | b\n1 | 2",
            ),
            Code {
                language: "rust",
                text: "fn main() {}",
            },
            Prose(
                "Aside",
            ),
            Prose(
                "Quoted.",
            ),
        ]
        "#);
    }

    #[test]
    fn names_references_and_terms_are_kept() {
        let text = "(start)=\n# Bees {#bees}\n:label:`sec_bees`\n\nA *hive* is a home. As in :numref:`sec_x` and [frames](frames.md#wax).\n\n\
            ## Bees\n\nWe will see *queens* in :numref:`sec_queen`.\n\nDrone\n: A male bee.\n";
        let document = read(text);
        let [first, second] = &document.sections[..] else { unreachable!("two headings") };
        assert_eq!(first.anchors, ["#bees", "start", "sec_bees"]);
        assert_eq!(
            (&first.references[..], &first.terms[..]),
            (&["sec_x".to_owned(), "frames.md#wax".to_owned()][..], &["hive".to_owned()][..])
        );
        assert_eq!(second.anchors, ["#bees-1"]);
        assert!(second.references.is_empty());
        assert_eq!(second.terms, ["Drone"]);
        assert_eq!(first.blocks, [Block::Prose("A hive is a home. As in another section and frames.".into())]);
    }

    #[test]
    fn a_list_of_authors_does_not_cost_the_title() {
        let document = read("---\ntitle: T\nauthor:\n  - name: Ada\n  - Bob\n---\n\nTerm\n: Its meaning\n");
        assert_eq!((document.title.as_deref(), document.author.as_deref()), (Some("T"), Some("Ada, Bob")));
        assert_eq!(document.sections[0].blocks, [Block::Prose("Term".into()), Block::Prose("Its meaning".into())]);
    }

    #[test]
    fn only_one_framework_of_tabbed_code_is_kept() {
        let cell = |first: &str, code: &str| format!("```{{.python .input}}\n{first}\n{code}\n```\n");
        let text =
            cell("%%tab mxnet", "a") + &cell("%%tab pytorch", "b") + &cell("%load_ext x", "tab.interact_select('y')");
        let blocks: Vec<_> = read(&text).sections.into_iter().flat_map(|s| s.blocks).collect();
        assert_eq!(blocks, [Block::Code { language: "python".into(), text: "b".into() }]);
    }
}
