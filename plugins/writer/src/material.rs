use pathwright_api::text::{self, Phrase};
use pathwright_api::topic::Topic;

use pathwright_api::library::Passage;

/// What a piece is made of.
#[derive(Debug)]
pub(crate) struct Material {
    /// Best section first, each section in reading order.
    pub(crate) sentences: Vec<Sentence>,
    pub(crate) codes: Vec<Code>,
}

/// A sentence of a passage, ready to be quoted.
#[derive(Clone, Debug)]
pub(crate) struct Sentence {
    pub(crate) text: String,
    pub(crate) passage: Passage,
    /// How much it says about the topic; comparable within one piece.
    pub(crate) weight: f32,
    /// It says what the topic is: by the topic's own name, or by an alias.
    pub(crate) defines: Option<Name>,
    /// Place among all sentences.
    pub(crate) place: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    Own,
    Alias,
}

/// A block of code as it stands in a passage, fence included.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) text: String,
    pub(crate) passage: Passage,
}

impl Material {
    pub(crate) fn new(topic: &Topic, passages: &[Passage]) -> Self {
        let phrases: Vec<Phrase> = topic.names().filter_map(Phrase::of).collect();
        let mut material = Self { sentences: Vec::new(), codes: Vec::new() };
        for passage in passages {
            for block in blocks(&passage.text) {
                match block {
                    Block::Code(text) => material.codes.push(Code { text, passage: passage.clone() }),
                    Block::Prose(prose) => {
                        for sentence in text::sentences(&prose).into_iter().filter(|sentence| is_quotable(sentence)) {
                            let place = material.sentences.len();
                            material.sentences.push(weigh(sentence, passage, &phrases, place));
                        }
                    }
                }
            }
        }
        material
    }
}

enum Block {
    Prose(String),
    Code(String),
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut prose = String::new();
    let mut code: Option<(String, String)> = None;
    for line in text.lines() {
        let fence: String = line.chars().take_while(|c| *c == '`').collect();
        match &mut code {
            Some((open, body)) => {
                body.push('\n');
                body.push_str(line);
                if line == open {
                    blocks.extend(code.take().map(|(_, body)| Block::Code(body)));
                }
            }
            None if fence.len() >= 3 && is_language(&line[fence.len()..]) => {
                blocks.push(Block::Prose(std::mem::take(&mut prose)));
                code = Some((fence, line.to_owned()));
            }
            None if line.trim().is_empty() => blocks.push(Block::Prose(std::mem::take(&mut prose))),
            None => {
                prose.push(' ');
                prose.push_str(line.trim_start_matches("- "));
            }
        }
    }
    blocks.push(Block::Prose(prose));
    blocks
}

/// What cutting into passages writes behind a fence; anything else is prose that happens to begin with backticks.
fn is_language(info: &str) -> bool {
    info.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-'))
}

/// A whole sentence of readable length, not a scrap of a table or a formula on its own.
fn is_quotable(sentence: &str) -> bool {
    let words = sentence.split_whitespace().count();
    let first = sentence.chars().next().unwrap_or(' ');
    let starts = first.is_uppercase() || first == '`' || first == '$';
    let ends = sentence.ends_with(['.', '!', '?', ':', ')', '”', '"']);
    (5..=60).contains(&words) && starts && ends && !sentence.starts_with("$$") && !sentence.contains(" | ")
}

fn weigh(sentence: &str, passage: &Passage, phrases: &[Phrase], place: usize) -> Sentence {
    let tokens = text::tokens(sentence);
    let names = phrases.iter().any(|phrase| phrase.positions(sentence, &tokens).next().is_some());
    let defining = phrases.iter().position(|phrase| phrase.is_defined_by(sentence));
    let defines = defining.map(|at| if at == 0 { Name::Own } else { Name::Alias });
    let reason = ["because", "therefore", "so that", "means that", "in practice", "for example", "instead", "however"];
    let lower = sentence.to_lowercase();
    let explains = reason.iter().any(|word| lower.contains(word));
    let early = 1.0 / (1.0 + place as f32 / 8.0);
    let weight = early
        + if names { 1.0 } else { 0.0 }
        + if defines.is_some() { 1.5 } else { 0.0 }
        + if explains { 0.4 } else { 0.0 };
    Sentence { text: sentence.to_owned(), passage: passage.clone(), weight, defines, place }
}

/// Text of a book as Markdown that shows it as it is: formulas and inline code stay, everything else loses its power.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let verbatim = matches!(c, '`' | '$').then(|| span(rest, c)).flatten();
        if let Some(inner) = verbatim {
            out.push_str(&if c == '$' { tame(inner) } else { inner.to_owned() });
            rest = &rest[inner.len()..];
            continue;
        }
        if matches!(c, '<' | '>' | '[' | ']' | '*' | '_' | '\\' | '`' | '|' | '#' | '~' | '!') {
            out.push('\\');
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// A formula without the signs that mean something to Markdown, in words of TeX instead.
pub(crate) fn tame(formula: &str) -> String {
    let words = [('<', "\\lt "), ('>', "\\gt "), ('[', "\\lbrack "), (']', "\\rbrack "), ('`', "'"), ('*', "\\ast ")];
    words.iter().fold(formula.to_owned(), |formula, (sign, word)| formula.replace(*sign, word))
}

/// From one mark to the next of its kind.
fn span(text: &str, mark: char) -> Option<&str> {
    let end = text[1..].find(mark)? + 2;
    (end > 2).then(|| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn passage(text: &str) -> Passage {
        Passage {
            id: "p".into(),
            book: "b".into(),
            section: "s".into(),
            ordinal: 0,
            page: None,
            heading: vec!["T".into()],
            text: text.into(),
        }
    }

    #[test]
    fn code_and_sentences_come_apart() {
        let text = "Dropout is a way to regularise a network. It is cheap because nothing is computed.\n\n```python\nx = 1\n```\n\n- A scrap";
        let material = Material::new(&Topic::unknown("Dropout"), &[passage(text)]);
        assert_eq!(material.sentences.len(), 2);
        assert!(
            material.sentences[0].defines == Some(Name::Own)
                && material.sentences[0].weight > material.sentences[1].weight
        );
        assert_eq!(material.codes[0].text, "```python\nx = 1\n```");
    }

    #[test]
    fn prose_that_looks_like_a_fence_stays_prose() {
        let text = "``` ` <img src=x onerror=alert(1)>\n\n```\nstill open";
        let material = Material::new(&Topic::unknown("X"), &[passage(text)]);
        assert!(material.codes.iter().all(|code| !code.text.contains("<img")));
    }

    #[test]
    fn markup_in_a_book_stays_text() {
        let shown = quoted("<script>alert(1)</script> [x](javascript:y) *a* `<b>` $a<b_1$");
        assert_eq!(shown, "\\<script\\>alert(1)\\</script\\> \\[x\\](javascript:y) \\*a\\* `<b>` $a\\lt b_1$");
    }

    /// Whether Markdown has a tag, a link or a picture in it.
    fn is_dangerous(markdown: &str) -> bool {
        use pulldown_cmark::{Event, Tag};
        let dangerous = |event: Event<'_>| {
            let opens = matches!(event, Event::Start(Tag::Link { .. } | Tag::Image { .. }));
            opens || matches!(event, Event::Html(_) | Event::InlineHtml(_))
        };
        pulldown_cmark::Parser::new(markdown).any(dangerous)
    }

    #[test]
    fn dollars_within_dollars_open_no_link() {
        assert!(!is_dangerous(&quoted("$a$$[$$]()$")));
    }

    proptest! {
        #[test]
        fn quoting_never_opens_a_tag_or_a_link(text in "[a-z<>\\[\\]()`$*_ ]{0,60}") {
            let shown = quoted(&text);
            prop_assert!(!is_dangerous(&shown), "{shown}");
        }
    }
}
