/// Where words, lines and spans end, and what they are.
mod scan;

use std::collections::BTreeSet;

use pathwright_api::llm::{Echo, Prompt};

use super::UNSUPPORTED;
use super::material::tame;
use scan::{Line, Span, citations, ends_sentence, is_fence, kind_of_line, line_end, span, without_addresses, word_end};

/// Words of a sentence from which it says something that should be supported.
const CLAIM: usize = 4;

/// Characters of what was written last that are searched for the prompt's own words.
const ECHO: usize = 160;

/// A model's Markdown made safe and honest while it streams: whatever way it is cut into parts, the same comes out.
///
/// Citations of passages that were not given vanish, sentences without one are marked, links, pictures, addresses and HTML
/// become plain text.
pub(super) struct Grounding {
    passages: usize,
    echo: Echo,
    buffer: String,
    line: Line,
    sentence: Sentence,
    /// The white space behind a sentence that may still get its citation.
    pending: Option<String>,
    /// Numbers of passages that were cited.
    pub(super) cited: BTreeSet<usize>,
    pub(super) words: usize,
    recent: String,
    pub(super) echoed: bool,
}

#[derive(Default)]
struct Sentence {
    words: usize,
    supported: bool,
    /// It asks or announces.
    claims_nothing: bool,
}

impl Grounding {
    pub(super) fn new(passages: usize, prompt: &Prompt) -> Self {
        Self {
            passages,
            echo: prompt.echo(),
            buffer: String::new(),
            line: Line::Start,
            sentence: Sentence::default(),
            pending: None,
            cited: BTreeSet::new(),
            words: 0,
            recent: String::new(),
            echoed: false,
        }
    }

    /// What can be shown now that this came too.
    pub(super) fn push(&mut self, part: &str) -> String {
        self.buffer.push_str(&pathwright_api::text::printable(part));
        self.drain(false)
    }

    /// What was held back until the end.
    pub(super) fn finish(&mut self) -> String {
        let mut out = self.drain(true);
        if self.line == Line::Code {
            out.push_str("\n```");
        } else {
            self.close(&mut out);
        }
        out
    }

    fn drain(&mut self, all: bool) -> String {
        let mut out = String::new();
        while let Some(unit) = self.take(all) {
            if self.line == Line::Code || self.line == Line::Start && is_fence(&unit) {
                self.code_line(&unit, &mut out);
            } else if unit.starts_with(char::is_whitespace) {
                self.space(&unit, &mut out);
            } else {
                self.word(&unit, &mut out);
            }
        }
        out
    }

    /// The next line of code, run of white space or word, once it is known to be whole.
    fn take(&mut self, all: bool) -> Option<String> {
        let first = self.buffer.chars().next()?;
        let end = if self.line == Line::Code {
            line_end(&self.buffer, all)
        } else if first.is_whitespace() {
            self.buffer.find(|c: char| !c.is_whitespace()).or(all.then_some(self.buffer.len()))
        } else if self.line == Line::Start && (self.buffer.starts_with("```") || "```".starts_with(&self.buffer)) {
            let line = line_end(&self.buffer, all)?;
            if is_fence(&self.buffer[..line]) { Some(line) } else { word_end(&self.buffer, all) }
        } else {
            word_end(&self.buffer, all)
        };
        let rest = self.buffer.split_off(end?);
        Some(std::mem::replace(&mut self.buffer, rest))
    }

    fn space(&mut self, space: &str, out: &mut String) {
        let breaks = space.matches('\n').count();
        let ends = breaks > 1 || breaks == 1 && matches!(self.line, Line::Label | Line::Item);
        match &mut self.pending {
            Some(_) if ends => {
                self.close(out);
                out.push_str(space);
            }
            Some(pending) => pending.push_str(space),
            None => {
                if ends {
                    self.close(out);
                }
                out.push_str(space);
            }
        }
        if breaks > 0 || self.line == Line::Start {
            self.line = if space.ends_with('\n') { Line::Start } else { Line::Indented };
        }
    }

    fn word(&mut self, word: &str, out: &mut String) {
        let citations = citations(word);
        if self.pending.is_some() && citations.is_none_or(|(_, rest)| !rest.trim_matches(['.', ',', ';']).is_empty()) {
            self.close(out);
        }
        if matches!(self.line, Line::Start | Line::Indented) {
            self.line = kind_of_line(word);
        }
        if let Some(pending) = self.pending.take() {
            out.push_str(&pending);
        }
        let safe = self.safe(word);
        self.note(&safe);
        out.push_str(&safe);
        self.sentence.claims_nothing |= word.contains('?') || word.ends_with(':');
        if self.line != Line::Label && ends_sentence(word) {
            self.pending = Some(String::new());
        }
    }

    /// A line of code as it is, addresses apart; a fence turns code on and off.
    fn code_line(&mut self, line: &str, out: &mut String) {
        if self.line == Line::Code {
            out.push_str(&without_addresses(line));
            let mark = line.trim();
            if mark.len() >= 3 && mark.chars().all(|c| c == '`') {
                self.line = Line::Start;
            }
            return;
        }
        self.close(out);
        out.push_str(line);
        self.line = Line::Code;
    }

    /// Ends a sentence: a claim without a citation is marked as such.
    fn close(&mut self, out: &mut String) {
        let Sentence { words, supported, claims_nothing } = std::mem::take(&mut self.sentence);
        if words >= CLAIM && !supported && !claims_nothing && !matches!(self.line, Line::Label | Line::Code) {
            out.push(' ');
            out.push_str(UNSUPPORTED);
        }
        if let Some(pending) = self.pending.take() {
            out.push_str(&pending);
        }
    }

    fn note(&mut self, word: &str) {
        self.words += 1;
        self.sentence.words += usize::from(word.chars().any(char::is_alphabetic));
        self.recent.push(' ');
        self.recent.push_str(word);
        if self.recent.len() > ECHO {
            let from = self.recent.ceil_char_boundary(self.recent.len() - ECHO);
            self.recent.drain(..from);
        }
        self.echoed |= self.echo.is_in(&self.recent);
    }

    fn safe(&mut self, word: &str) -> String {
        let word = without_addresses(word);
        let mut out = String::with_capacity(word.len() + 4);
        let mut rest = word.as_str();
        while let Some(c) = rest.chars().next() {
            if let Some((numbers, behind)) = citations(rest) {
                out.push_str(&self.cite(&numbers));
                rest = behind;
            } else if let (Span::Closed(end), '`' | '$') = (span(rest), c) {
                out.push_str(&if c == '$' { tame(&rest[..end]) } else { rest[..end].to_owned() });
                rest = &rest[end..];
            } else {
                if matches!(c, '<' | '[' | ']' | '`' | '~' | '\\') {
                    out.push('\\');
                }
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        out
    }

    /// The citations that point to a passage; the others are taken out.
    fn cite(&mut self, numbers: &[usize]) -> String {
        let valid: Vec<usize> = numbers.iter().copied().filter(|number| (1..=self.passages).contains(number)).collect();
        self.sentence.supported |= !valid.is_empty();
        self.cited.extend(&valid);
        valid.iter().map(|number| format!("\\[{number}\\]")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn prompt() -> Prompt {
        Prompt { system: "You write study material about one topic for one learner.".into(), user: String::new() }
    }

    fn grounded(parts: &[&str]) -> (String, BTreeSet<usize>, bool) {
        let prompt = prompt();
        let mut grounding = Grounding::new(3, &prompt);
        let mut out: String = parts.iter().map(|part| grounding.push(part)).collect();
        out.push_str(&grounding.finish());
        (out, grounding.cited, grounding.echoed)
    }

    fn text(markdown: &str) -> String {
        grounded(&[markdown]).0
    }

    #[test]
    fn citations_stay_when_they_point_to_a_passage_and_their_sentence_counts_as_supported() {
        let (out, cited, _) = grounded(&[
            "Dropout drops units at random [1]. It costs nothing at test time. [2, 9]\n\nIt works on the moon, too [7].",
        ]);
        let expected = "Dropout drops units at random \\[1\\]. It costs nothing at test time. \\[2\\]\n\nIt works on the moon, too .";
        assert_eq!(out, format!("{expected} {UNSUPPORTED}"));
        assert_eq!(cited.into_iter().collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn a_claim_without_a_citation_is_marked_where_it_ends() {
        let out = text(
            "Dropout was invented on the moon. Units are dropped at random [1].\n\n## Why it matters so much here\n\n- everybody uses it every single day\n- units vanish [2]\n\nWhat would you do about it?",
        );
        assert_eq!(
            out,
            format!(
                "Dropout was invented on the moon. {UNSUPPORTED} Units are dropped at random \\[1\\].\n\n## Why it matters so much here\n\n- everybody uses it every single day {UNSUPPORTED}\n- units vanish \\[2\\]\n\nWhat would you do about it?"
            )
        );
    }

    #[test]
    fn links_pictures_addresses_and_html_become_text() {
        let out = text(
            "See [this page](https://evil.example/x) or ![x](data:image/png;base64,AA) <script>alert(1)</script> at evil.example/y [1].",
        );
        assert!(!out.contains("evil") && out.contains("\\[this page\\]") && out.contains("\\<script>"), "{out}");
    }

    #[test]
    fn code_and_formulas_stay_as_they_are() {
        let markdown = "Use `a[0] < b` and $x \\in [0, 1]$ here [1].\n\n```python\nprint(\"<b>\")  # https://evil.example\n```\n\nDone [1].";
        let out = text(markdown);
        assert!(out.contains("`a[0] < b`") && out.contains("print(\"<b>\")") && !out.contains("evil"), "{out}");
        assert!(out.contains("$x \\in \\lbrack 0, 1\\rbrack $"), "{out}");
    }

    #[test]
    fn what_only_looks_like_a_fence_does_not_let_html_through() {
        let out = text("``` x`\n<script>alert(1)</script>\n```\n");
        assert!(!out.contains("\n<script>"), "{out}");
    }

    #[test]
    fn the_instructions_are_noticed_when_the_model_repeats_them() {
        assert!(grounded(&["My orders: you write study mate", "rial about one topic for one learner"]).2);
        assert!(!grounded(&["You write about one topic."]).2);
    }

    proptest! {
        #[test]
        fn the_cut_into_parts_makes_no_difference(
            words in prop::collection::vec(prop::sample::select(vec![
                "Dropout ", "drops units. ", "[1]", "[1, ", "2] ", "\n", "\n\n", "- ", "# ", "```", "python\n", "`a[0]", "` ", "$x", "$ ",
                "<b>", "https://evil.example/x ", "[a](", "b) ", "? ", "e.g. ", "| ", "größer ",
            ]), 0..30),
            cuts in prop::collection::vec(1usize..6, 1..40),
        ) {
            let whole = words.concat();
            let mut parts = Vec::new();
            let (mut at, mut cuts) = (0, cuts.iter().cycle());
            while at < whole.len() {
                let end = whole.ceil_char_boundary((at + cuts.next().unwrap()).min(whole.len()));
                parts.push(&whole[at..end]);
                at = end;
            }
            prop_assert_eq!(grounded(&parts), grounded(&[&whole]));
        }
    }
}
