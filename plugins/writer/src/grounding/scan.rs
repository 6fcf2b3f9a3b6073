use std::sync::LazyLock;

use regex::Regex;

use crate::material::tame;

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

/// `[1]` or `[1, 2]` at the beginning: the numbers, and what follows. With a 0 it is an interval.
pub(super) fn citations(text: &str) -> Option<(Vec<usize>, &str)> {
    let (inner, rest) = text.strip_prefix('[')?.split_once(']')?;
    let numbers: Option<Vec<usize>> = inner.split(',').map(|number| number.trim().parse().ok()).collect();
    numbers.filter(|numbers| !numbers.contains(&0)).map(|numbers| (numbers, rest))
}

/// Citations and the signs behind them, nothing else.
pub(super) fn is_all_citations(word: &str) -> bool {
    let mut rest = word;
    while let Some((_, behind)) = citations(rest) {
        rest = behind;
    }
    rest.len() < word.len() && rest.trim_matches(['.', ',', ';']).is_empty()
}

/// A span that can stand as it is: not where tables would cut it, not a formula that makes links or loads things, not two prices.
pub(super) fn verbatim(span: &str) -> Option<String> {
    const ACTIVE: [&str; 9] =
        ["\\href", "\\url", "\\includegraphics", "\\html", "\\require", "\\unicode", "\\style", "\\class", "\\cssId"];
    let inner = &span[1..span.len() - 1];
    if span.contains('|') {
        return None;
    }
    if span.starts_with('`') {
        return Some(without_links(span));
    }
    let loose = inner.starts_with(char::is_whitespace) || inner.ends_with(char::is_whitespace);
    let active = ACTIVE.iter().any(|command| inner.contains(command));
    (!loose && !active).then(|| tame(span))
}

/// A line that ends fenced code by CommonMark's rule.
pub(super) fn closes_fence(line: &str) -> bool {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let marks = line.trim_start_matches(' ');
    let rest = marks.trim_start_matches('`');
    line.len() - marks.len() <= 3 && marks.len() - rest.len() >= 3 && rest.chars().all(|c| matches!(c, ' ' | '\t'))
}

/// An opening fence and nothing else: a line that only looks like one would leave what follows unescaped.
pub(super) fn is_fence(line: &str) -> bool {
    line.strip_prefix("```").is_some_and(|name| {
        name.ends_with('\n')
            && name.trim_end().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_' | '#'))
    })
}

pub(super) fn kind_of_line(word: &str) -> Line {
    let numbered = word.strip_suffix(['.', ')']).is_some_and(|number| {
        number.chars().all(|c| c.is_ascii_digit())
            || number.len() == 1 && number.starts_with(|c: char| c.is_ascii_alphabetic())
    });
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
    stop && !ABBREVIATIONS.contains(&bare.trim_start_matches('('))
}

fn before_citation(word: &str) -> &str {
    word.split('[').next().unwrap_or_default()
}

/// Addresses are never a model's to give: by their scheme, as names that end like addresses, with a path, or of mail.
pub(super) fn without_addresses(text: &str) -> String {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)(?:[a-z][a-z0-9+.\-]{1,20}://|www\.|(?:mailto|javascript|data|tel):)[^\s\]\)>]*|[a-z0-9._%+\-]+@[a-z0-9.\-]+\.[a-z]{2,}|(?:[a-z0-9\-]+\.)+[a-z]{2,}/[^\s\]\)>]*|(?:[a-z0-9\-]+\.)+(?:com|org|net|edu|info|example)\b",
        )
    });
    // `ASP.NET` and its like are software.
    ADDRESS
        .replace_all(text, |found: &regex::Captures<'_>| {
            if found[0].eq_ignore_ascii_case("asp.net") || found[0].eq_ignore_ascii_case("ado.net") {
                found[0].to_owned()
            } else {
                REMOVED.to_owned()
            }
        })
        .into_owned()
}

/// In code names have dots, so only what begins like an address is one.
pub(super) fn without_links(code: &str) -> String {
    static LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)(?:[a-z][a-z0-9+.\-]{1,20}://|www\.)[^\s\]\)>`]*"));
    LINK.replace_all(code, REMOVED).into_owned()
}

const REMOVED: &str = "(address removed)";

fn pattern(pattern: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and tests use them")]
    Regex::new(pattern).expect("a constant pattern")
}
