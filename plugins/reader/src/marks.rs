use std::ops::Range;
use std::sync::LazyLock;

use pathwright_api::text;
use regex::Regex;

use super::document::DocumentBuilder;
use super::topics::is_noun;

/// Bytes before a set-off word that are looked at.
const LOOKED_BACK: usize = 200;

/// Longest run of set-off words that can be a term, in words.
const LONGEST: usize = 5;

/// What a paragraph holds besides its text, as offsets into it: the words it sets off, and what it refers to.
#[derive(Debug, Default)]
pub struct Marks {
    begun: Vec<usize>,
    set_off: Vec<Range<usize>>,
    defined: Vec<Range<usize>>,
    references: Vec<(usize, String)>,
}

impl Marks {
    /// Bold or italic words begin at this offset.
    pub fn begin(&mut self, at: usize) {
        self.begun.push(at);
    }

    pub fn end(&mut self, at: usize) {
        if let Some(begin) = self.begun.pop() {
            self.set_off.push(begin..at);
        }
    }

    /// Words that began before are a definition by their markup.
    pub fn define(&mut self, at: usize) {
        if let Some(begin) = self.begun.pop() {
            self.defined.push(begin..at);
        }
    }

    /// The text at this offset refers to something.
    pub fn refer(&mut self, at: usize, target: impl Into<String>) {
        self.references.push((at, target.into()));
    }

    /// Tells the builder which of the set-off words are defined where they stand, and what the paragraph refers to. A reference
    /// that only announces what comes later, or points to more on the side, is none.
    pub fn tell(self, text: &str, builder: &mut DocumentBuilder) {
        let in_glossary = builder.is_glossary();
        let by_sentence =
            self.set_off.iter().filter(|span| is_defined(text, span) || in_glossary && is_entry(text, span));
        let defined = self.defined.iter().chain(by_sentence);
        let words = defined.filter_map(|span| text.get(span.clone()));
        for term in words.map(|words| words.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '+' | '#'))) {
            if is_noun(term) {
                builder.term(term);
            }
        }
        let sentences = if self.references.is_empty() { Vec::new() } else { text::sentences(text) };
        for (at, target) in self.references {
            if !sentence_at(text, &sentences, at).is_some_and(points_ahead) {
                builder.reference(target);
            }
        }
    }
}

/// Whether the sentence around these words says what they stand for: "**dropout** is …", "this is known as *x*".
fn is_defined(text: &str, span: &Range<usize>) -> bool {
    static CALLED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:called|termed|named|dubbed|known as|referred to as|(?:call|name|term) (?:this|that|it|them|these|those|such \w+|the \w+))\s*(?:an? |the )?[\x22\u{201c}(]?$",
        )
    });
    static SAYS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)^[\x22\u{201d})]?\s*(?:\([^)]{1,20}\)\s*)?(?:(?:is|are) (?:an?|the|one|any|when|how|what|where)|means|refers? to|denotes?|describes?)\b",
        )
    });
    let (Some(before), Some(words), Some(after)) =
        (text.get(..span.start), text.get(span.clone()), text.get(span.end..))
    else {
        return false;
    };
    let before = &before[before.floor_char_boundary(before.len().saturating_sub(LOOKED_BACK))..];
    let count = words.split_whitespace().take(LONGEST + 1).count();
    let opening = before.trim_end().trim_end_matches(['(', '"', '\u{201c}']).trim_end();
    let last = opening.rsplit(['.', '!', '?', ':']).next().unwrap_or_default().trim();
    let opens = matches!(last.to_lowercase().as_str(), "" | "-" | "a" | "an" | "the" | "in short, a" | "so, a");
    (1..=LONGEST).contains(&count) && (CALLED.is_match(before) || opens && SAYS.is_match(after))
}

/// Whether these words open a paragraph of a glossary: "**drone**: a male bee".
fn is_entry(text: &str, span: &Range<usize>) -> bool {
    let opens = text.get(..span.start).is_some_and(|before| matches!(before.trim(), "" | "-"));
    let after = text.get(span.end..).unwrap_or_default().trim_start();
    opens
        && span.end > span.start
        && (after.starts_with([':', '\u{2013}', '\u{2014}', '-'])
            || text.get(span.clone()).is_some_and(|entry| entry.ends_with(':')))
}

/// The sentence that an offset lies in.
fn sentence_at<'t>(text: &str, sentences: &[&'t str], at: usize) -> Option<&'t str> {
    let start = |sentence: &str| sentence.as_ptr() as usize - text.as_ptr() as usize;
    let behind = sentences.partition_point(|sentence| start(sentence) <= at);
    sentences.get(behind.checked_sub(1)?).copied()
}

/// Whether a sentence with a reference in it speaks of what comes later, or of more on the side, rather than of what it builds on.
pub fn points_ahead(sentence: &str) -> bool {
    static AHEAD: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:(?:we|you|this book|chapter|section)(?:['\u{2019}](?:ll)| will| shall| are going to)|will be|later|later on|subsequent|subsequently|upcoming|next (?:section|chapter|lesson|part)|following (?:section|chapter|lesson|part)|further reading|read(?:ing)? more|learn more|see also|for (?:more|further)|in more (?:depth|detail)|more (?:detailed|advanced|about)|more details|defer|postpone|turn to|come back to|return to|(?:is|are) devoted to|we (?:also )?(?:cover|discuss|explain|describe|explore|introduce|treat|examine))\b",
        )
    });
    AHEAD.is_match(sentence)
}

fn pattern(pattern: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and a test uses each of them")]
    Regex::new(pattern).expect("a constant pattern")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The terms of a text in which stars set words off.
    fn terms(marked: &str) -> Vec<String> {
        let (mut marks, mut text) = (Marks::default(), String::new());
        for (at, piece) in marked.split('*').enumerate() {
            match at % 2 {
                1 => {
                    marks.begin(text.len());
                    text.push_str(piece);
                    marks.end(text.len());
                }
                _ => text.push_str(piece),
            }
        }
        let mut builder = DocumentBuilder::default();
        builder.heading(1, "T");
        marks.tell(&text, &mut builder);
        builder.finish().sections.remove(0).terms
    }

    #[test]
    fn words_are_terms_where_a_sentence_defines_them() {
        assert_eq!(terms("*Dropout* is a way to keep units apart."), ["Dropout"]);
        assert_eq!(terms("It rains. A *hive tool* is the lever that parts frames."), ["hive tool"]);
        assert_eq!(
            terms("Such growth is known as *swarming*, and we call this *queen cell*."),
            ["swarming", "queen cell"]
        );
        assert_eq!(terms("- *Smoker* means calm bees."), ["Smoker"]);
    }

    #[test]
    fn emphasis_alone_is_no_term() {
        for text in [
            "You *must not* do this.",
            "We saw *dropout* before.",
            "It is *not* the same.",
            "This *is* a hive, and *that* means work.",
        ] {
            assert_eq!(terms(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn what_comes_later_or_lies_aside_is_told_from_what_went_before() {
        for ahead in [
            "We will see this in another section.",
            "We\u{2019}ll discuss traits in Chapter 10.",
            "For more on this, see another section.",
            "This is what we cover in Chapter 6.",
        ] {
            assert!(points_ahead(ahead), "{ahead}");
        }
        for back in ["Recall that in another section we used it.", "As introduced in Chapter 4, a value has one owner."]
        {
            assert!(!points_ahead(back), "{back}");
        }
    }

    #[test]
    fn a_reference_counts_by_its_own_sentence() {
        let text = "We will look at queens in chapter 9. Frames were described in chapter 2.";
        let mut marks = Marks::default();
        marks.refer(30, "chapter-9");
        marks.refer(text.len() - 5, "chapter-2");
        let mut builder = DocumentBuilder::default();
        builder.heading(1, "T");
        marks.tell(text, &mut builder);
        assert_eq!(builder.finish().sections[0].references, ["chapter-2"]);
    }

    proptest! {
        #[test]
        fn any_marks_on_any_text_are_survived(text in ".{0,60}", at in prop::collection::vec(0usize..80, 0..8)) {
            let mut marks = Marks::default();
            for (number, at) in at.iter().enumerate() {
                match number % 3 {
                    0 => marks.begin(*at),
                    1 => marks.end(*at),
                    _ => marks.refer(*at, "x"),
                }
            }
            marks.tell(&text, &mut DocumentBuilder::default());
        }
    }
}
