use pathwright_api::text;
use regex::Regex;

/// A constant pattern, compiled.
pub fn pattern(pattern: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and a test uses each of them")]
    Regex::new(pattern).expect("a constant pattern")
}

/// A text in small letters without accents, its signs turned to spaces: what words are looked up in, whatever the language.
pub fn words_only(text: &str) -> String {
    let folded = text::fold(&text.replace('\u{2019}', "'"));
    let kept: String = folded.chars().map(|c| if c.is_alphanumeric() || c == '\'' { c } else { ' ' }).collect();
    format!(" {} ", text::squeeze(&kept))
}

/// Whether one of these, with bars between them, stands in the text of [`words_only`], from the beginning of a word on; its end may
/// be inflected.
pub fn has_start_of(text: &str, starts: &str) -> bool {
    starts.split('|').any(|start| text.match_indices(start).any(|(at, _)| text[..at].ends_with(' ')))
}

/// How many of these do.
pub fn count_starts_of(text: &str, starts: &str) -> usize {
    starts.split('|').filter(|start| has_start_of(text, start)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_from_their_beginning_on() {
        let text = words_only("Über-uns & Anforderungen!");
        assert_eq!(text, " uber uns anforderungen ");
        assert!(has_start_of(&text, "oder|anforderung") && !has_start_of(&text, "forderung"));
    }
}
