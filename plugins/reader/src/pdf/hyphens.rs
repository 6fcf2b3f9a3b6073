use std::collections::HashMap;

use super::flow::Placed;

/// How often a book writes its words inside of lines, to tell a hyphen of its own from one that only parts a line.
#[derive(Default)]
pub struct Vocabulary {
    words: HashMap<String, u32>,
}

impl Vocabulary {
    pub fn of(flow: &[Placed]) -> Self {
        let mut words: HashMap<String, u32> = HashMap::new();
        for placed in flow {
            let text = placed.line.text.trim_end_matches(['-', '\u{ad}']);
            for word in text.split(|c: char| !(c.is_alphanumeric() || c == '-')).filter(|word| word.len() > 1) {
                *words.entry(word.trim_matches('-').to_lowercase()).or_default() += 1;
            }
        }
        Self { words }
    }

    fn count(&self, word: &str) -> u32 {
        self.words.get(&word.to_lowercase()).copied().unwrap_or_default()
    }

    /// Continues a paragraph with its next line.
    pub fn join(&self, text: &mut String, next: &str) {
        let next = next.trim_start();
        if text.ends_with('\u{ad}') {
            text.pop();
            text.push_str(next);
            return;
        }
        let hyphen = text.ends_with('-') && text.chars().rev().nth(1).is_some_and(char::is_alphabetic);
        if !hyphen || text.ends_with("--") || !next.starts_with(char::is_alphanumeric) {
            if !text.is_empty() && !ends_open(text) {
                text.push(' ');
            }
        } else if next.starts_with(char::is_lowercase) && self.is_parted(text, next) {
            text.pop();
        }
        text.push_str(next);
    }

    /// Whether the hyphen at the end of the line only parts a word.
    fn is_parted(&self, text: &str, next: &str) -> bool {
        let outside = |c: char| !(c.is_alphanumeric() || c == '-');
        let before = text.trim_end_matches('-').rsplit(outside).next().unwrap_or_default();
        let after = next.split(outside).next().unwrap_or_default().trim_end_matches('-');
        let last = before.rsplit('-').next().unwrap_or_default();
        let (joined, hyphenated) = (self.count(&format!("{before}{after}")), self.count(&format!("{before}-{after}")));
        if joined > 0 || hyphenated > 0 {
            return joined >= hyphenated;
        }
        let known = |word: &str| word.len() > 2 && self.count(word) > 2;
        !(known(last) && known(after))
    }
}

/// A line that was parted after a slash or a dash goes on without a blank.
fn ends_open(text: &str) -> bool {
    text.ends_with(['\u{2014}', '/']) && !text.ends_with(" /") && !text.ends_with(" \u{2014}")
}

#[cfg(test)]
mod tests {
    use super::super::line::Line;
    use super::*;

    fn join(book: &str, text: &str, next: &str) -> String {
        let line = Line { text: book.into(), ..Line::default() };
        let vocabulary = Vocabulary::of(&[Placed { line, ..Placed::default() }]);
        let mut text = text.to_owned();
        vocabulary.join(&mut text, next);
        text
    }

    #[test]
    fn a_hyphen_goes_or_stays_as_the_book_writes_the_word() {
        assert_eq!(join("a derivative", "the deriva-", "tive of"), "the derivative of");
        assert_eq!(join("a well-known fact", "a well-", "known fact"), "a well-known fact");
        assert_eq!(join("", "unheard-", "ofword"), "unheardofword");
        assert_eq!(join("time time time series series series", "time-", "series"), "time-series");
        assert_eq!(join("", "mean-", "Variance"), "mean-Variance");
    }

    #[test]
    fn lines_join_with_a_blank() {
        assert_eq!(join("", "one", "two"), "one two");
        assert_eq!(join("", "so\u{ad}", "me"), "some");
        assert_eq!(join("", "either/", "or"), "either/or");
        assert_eq!(join("", "a -", "b"), "a - b");
    }
}
