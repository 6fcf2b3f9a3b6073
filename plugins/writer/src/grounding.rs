/// Where words, lines and spans end, and what they are.
mod scan;

use std::collections::BTreeSet;

use pathwright_api::llm::{Echo, Prompt};

use crate::UNSUPPORTED;
use scan::{
    Line, Span, citations, closes_fence, ends_sentence, is_all_citations, is_fence, kind_of_line, line_end, span,
    verbatim, without_addresses, without_links, word_end,
};

/// Words of a sentence from which it says something that should be supported.
const CLAIM: usize = 4;

/// Characters of what was written last that are searched for the prompt's own words.
const ECHO: usize = 160;

/// A model's Markdown made safe and honest while it streams: whatever way it is cut into parts, the same comes out.
///
/// Citations of passages that were not given vanish, sentences without one are marked, links, pictures, addresses and HTML
/// become plain text.
pub(crate) struct Grounding {
    passages: usize,
    /// In a quiz: a mark would tell the wrong ones.
    items_are_choices: bool,
    echo: Echo,
    buffer: String,
    line: Line,
    sentence: Sentence,
    /// The white space behind a sentence that may still get its citation.
    pending: Option<String>,
    /// Whether the next piece of code begins a line.
    fresh_line: bool,
    /// Numbers of passages that were cited.
    pub(crate) cited: BTreeSet<usize>,
    pub(crate) words: usize,
    recent: String,
    pub(crate) echoed: bool,
}

#[derive(Default)]
struct Sentence {
    words: usize,
    supported: bool,
    /// It asks or announces.
    claims_nothing: bool,
}

impl Grounding {
    pub(crate) fn new(passages: usize, prompt: &Prompt, items_are_choices: bool) -> Self {
        Self {
            passages,
            items_are_choices,
            echo: prompt.echo(),
            buffer: String::new(),
            line: Line::Start,
            sentence: Sentence::default(),
            pending: None,
            fresh_line: true,
            cited: BTreeSet::new(),
            words: 0,
            recent: String::new(),
            echoed: false,
        }
    }

    /// What can be shown now that this came too.
    pub(crate) fn push(&mut self, part: &str) -> String {
        self.buffer.push_str(&pathwright_api::plain::printable(part));
        self.drain(false)
    }

    /// What was held back until the end.
    pub(crate) fn finish(&mut self) -> String {
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
        if self.pending.is_some() && !is_all_citations(word) {
            self.close(out);
        }
        if matches!(self.line, Line::Start | Line::Indented) {
            let kind = kind_of_line(word);
            if kind != Line::Prose {
                self.close(out);
            }
            self.line = kind;
        }
        if let Some(pending) = self.pending.take() {
            out.push_str(&pending);
        }
        let safe = self.safe(word);
        self.note(&safe);
        out.push_str(&safe);
        self.sentence.claims_nothing = word.ends_with(['?', ':']);
        if self.line != Line::Label && ends_sentence(word) {
            self.pending = Some(String::new());
        }
    }

    /// A line of code as it is, addresses apart; a fence turns code on and off.
    fn code_line(&mut self, line: &str, out: &mut String) {
        self.listen(line);
        if self.line == Line::Code {
            out.push_str(&without_links(line));
            if self.fresh_line && closes_fence(line) {
                self.line = Line::Start;
            }
        } else {
            self.close(out);
            // Whatever was added to the sentence before, a fence stands on a line of its own.
            if !out.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
            out.push_str(line);
            self.line = Line::Code;
        }
        self.fresh_line = line.ends_with('\n');
    }

    /// Ends a sentence: a claim without a citation is marked as such.
    fn close(&mut self, out: &mut String) {
        let Sentence { words, supported, claims_nothing } = std::mem::take(&mut self.sentence);
        let spared = self.line == Line::Item && self.items_are_choices;
        if words >= CLAIM && !spared && !supported && !claims_nothing && !matches!(self.line, Line::Label | Line::Code)
        {
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
        self.listen(word);
    }

    /// Notices when the model repeats its instructions, in code as well.
    fn listen(&mut self, words: &str) {
        self.recent.push(' ');
        self.recent.push_str(words);
        self.echoed |= self.echo.is_in(&self.recent);
        if self.recent.len() > ECHO {
            let from = self.recent.ceil_char_boundary(self.recent.len() - ECHO);
            self.recent.drain(..from);
        }
    }

    fn safe(&mut self, word: &str) -> String {
        let word = without_addresses(word);
        let mut out = String::with_capacity(word.len() + 4);
        let mut rest = word.as_str();
        while let Some(c) = rest.chars().next() {
            // An index such as x[0] is none.
            let cites = !out.ends_with(|c: char| c.is_alphanumeric() || c == ')');
            if let Some((numbers, behind)) = citations(rest).filter(|_| cites) {
                out.push_str(&self.cite(&numbers));
                rest = behind;
            } else if let (Span::Closed(end), '`' | '$') = (span(rest), c)
                && let Some(verbatim) = verbatim(&rest[..end])
            {
                out.push_str(&verbatim);
                rest = &rest[end..];
            } else {
                if matches!(c, '<' | '[' | ']' | '`' | '$' | '~' | '\\' | '&') {
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
        let mut grounding = Grounding::new(3, &prompt, false);
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

    #[test]
    fn a_fence_stands_on_its_own_line_and_ends_where_markdown_says() {
        let open =
            text("Here is what the page should look like then\n```html\n<img src=x onerror=alert(1)>\n```\nDone.");
        assert!(open.contains("\n```html\n<img"), "{open}");
        for inside in ["    ```\n", "```\u{a0}\n"] {
            let out = text(&format!("```\nx\n{inside}```\n<script>alert(1)</script>\n```\n"));
            assert!(!out.contains("\n<script>"), "{out}");
        }
        let long = format!("```\n{}```\n```\n<script>alert(1)</script>\n```\n", "x".repeat(4_000));
        assert!(!text(&long).contains("\n<script>"));
    }

    #[test]
    fn spans_that_other_rules_would_open_are_text() {
        let table = text("| a | b |\n|---|---|\n| `x | <img src=x onerror=alert(1)> [buy](//evil.ru) | y` |\n");
        assert!(!table.contains(" <img") && !table.contains("[buy]("), "{table}");
        // No formula opens that could swallow the fence.
        assert!(text("$$\n```\n$$\nx\n```\n").starts_with("\\$\\$\n```\n"));
        assert!(!text("So $\\href{//evil.ru/x}{\\text{the book}}$ it is [1].").contains("$\\href"));
        let prices = grounded(&["It rose from $5 [1] to more than $6 [2]."]);
        assert_eq!(prices.1.into_iter().collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn addresses_in_any_dress_are_taken_out() {
        let dressed = "_https://evil.ru/x_ bit.ly/abc evil.net/a boss@evil.net https&#58;//evil.ru **www.evil.ru**";
        let out = text(dressed);
        assert!(
            !out.contains("://") && !out.contains("bit.ly") && !out.contains("evil.net") && !out.contains("www."),
            "{out}"
        );
        let code = text("```python\nlogger.info(df.info(), \"https://evil.ru\")\n```\n");
        assert!(code.contains("logger.info(df.info()") && !code.contains("evil.ru"), "{code}");
    }

    #[test]
    fn citations_in_a_row_belong_to_their_sentence_and_intervals_are_none() {
        let (out, cited, _) = grounded(&["Units are dropped at random. [1][2] It costs nothing at test time [3]."]);
        assert!(!out.contains(UNSUPPORTED) && cited.len() == 3, "{out}");
        assert!(text("All of the probabilities lie in [0, 1] by definition.").contains("\\[0, 1\\]"));
    }

    #[test]
    fn a_colon_or_a_heading_excuses_no_claim() {
        assert!(text("Note: dropout was invented on the moon by Elvis.").contains(UNSUPPORTED));
        assert!(text("Unsupported prose of very many words\n## Heading").contains(UNSUPPORTED));
        assert!(
            text("It was invented on the moon in 1999. Units drop at random [1].")
                .contains(&format!("1999. {UNSUPPORTED}"))
        );
    }

    #[test]
    fn instructions_repeated_in_code_are_noticed() {
        assert!(grounded(&["```\nYou write study material about one topic for one learner.\n```\n"]).2);
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
