use std::sync::LazyLock;

use regex::Regex;

/// Longest formula, code span or word that is waited for, in bytes.
const LONGEST_UNIT: usize = 600;

/// Longest line of code that is waited for, in bytes.
const LONGEST_LINE: usize = 4_000;

/// Longest list of citations, in bytes.
const LONGEST_CITATION: usize = 40;

/// What a line holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Start,
    /// Its beginning is indented: a fence there may end with whatever holds it, so none is seen.
    Indented,
    Prose,
    /// A heading or a row of a table: nothing that needs support.
    Label,
    Item,
    Code,
}

pub(super) fn line_end(text: &str, all: bool) -> Option<usize> {
    let end = text.find('\n').map(|at| at + 1).filter(|end| *end <= LONGEST_LINE);
    let too_long = text.len() > LONGEST_LINE;
    end.or(too_long.then(|| text.floor_char_boundary(LONGEST_LINE))).or(all.then_some(text.len()))
}

/// Where a word ends: at white space outside of code spans, formulas and lists of citations. None while that cannot be known.
pub(super) fn word_end(text: &str, all: bool) -> Option<usize> {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() || at > LONGEST_UNIT {
            return Some(at);
        }
        at += match span(&text[at..]) {
            Span::Closed(end) => end,
            Span::Open if !all => return None,
            Span::Open | Span::None => c.len_utf8(),
        };
    }
    all.then_some(at)
}

/// What stays together although there is white space in it.
pub(super) enum Span {
    /// It ends here.
    Closed(usize),
    /// It may be closed by what is still to come.
    Open,
    None,
}

/// A code span, a formula or a list of citations at the beginning of a text.
pub(super) fn span(text: &str) -> Span {
    let Some(mark) = text.chars().next().filter(|c| matches!(c, '`' | '$' | '[')) else {
        return Span::None;
    };
    let (end, longest) = if mark == '[' { (']', LONGEST_CITATION) } else { (mark, LONGEST_UNIT) };
    for (at, c) in text.char_indices().skip(1) {
        if c == end {
            return if at > 1 { Span::Closed(at + 1) } else { Span::None };
        }
        let foreign = mark == '[' && !(c.is_ascii_digit() || matches!(c, ',' | ' '));
        if c == '\n' || foreign || at > longest {
            return Span::None;
        }
    }
    Span::Open
}

/// `[1]` or `[1, 2]` at the beginning: the numbers, and what follows.
pub(super) fn citations(text: &str) -> Option<(Vec<usize>, &str)> {
    let (inner, rest) = text.strip_prefix('[')?.split_once(']')?;
    let numbers: Option<Vec<usize>> = inner.split(',').map(|number| number.trim().parse().ok()).collect();
    numbers.map(|numbers| (numbers, rest))
}

/// An opening fence and nothing else: a line that only looks like one would leave what follows unescaped.
pub(super) fn is_fence(line: &str) -> bool {
    line.strip_prefix("```").is_some_and(|name| {
        name.ends_with('\n')
            && name.trim_end().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_' | '#'))
    })
}

pub(super) fn kind_of_line(word: &str) -> Line {
    let numbered = word.strip_suffix(['.', ')']).is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()));
    match word {
        _ if word.starts_with('#') || word.starts_with('|') => Line::Label,
        "-" | "*" | "+" => Line::Item,
        _ if numbered => Line::Item,
        _ => Line::Prose,
    }
}

/// A full stop that ends more than an abbreviation or a number.
pub(super) fn ends_sentence(word: &str) -> bool {
    const ABBREVIATIONS: [&str; 8] = ["e.g.", "i.e.", "cf.", "vs.", "etc.", "Fig.", "Eq.", "approx."];
    let bare = word.trim_end_matches(['*', '_', '"', '”', ')', '\'']);
    let bare = bare
        .rsplit_once(']')
        .filter(|(head, tail)| head.contains('[') && !tail.is_empty())
        .map_or(bare, |(_, tail)| tail);
    let stop =
        bare.ends_with(['.', '!', '?']) || word.ends_with(']') && before_citation(word).ends_with(['.', '!', '?']);
    let number = bare.trim_end_matches('.').chars().all(|c| c.is_ascii_digit())
        && bare.len() > 1
        && bare.starts_with(|c: char| c.is_ascii_digit());
    stop && !number && !ABBREVIATIONS.contains(&bare.trim_start_matches('('))
}

fn before_citation(word: &str) -> &str {
    word.split('[').next().unwrap_or_default()
}

/// Addresses are never a model's to give.
pub(super) fn without_addresses(text: &str) -> String {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "the pattern is a constant, and tests use it")]
        Regex::new(
            r"(?i)\b(?:[a-z][a-z0-9+.\-]{1,20}://|www\.|mailto:|javascript:|data:[a-z]+/)[^\s\]\)>]*|\b(?:[a-z0-9\-]+\.)+(?:com|org|io|dev|edu|info|example)\b(?:/[^\s\]\)>]*)?",
        )
        .expect("a constant pattern")
    });
    ADDRESS.replace_all(text, "(address removed)").into_owned()
}
