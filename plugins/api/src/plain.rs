use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Without control characters other than line ends and tabs, and without those that hide or turn round what people see.
pub fn printable(text: &str) -> String {
    let keep = |c: &char| matches!(c, '\n' | '\t') || !(c.is_control() || is_deceptive(*c));
    text.chars().filter(keep).collect()
}

/// Zero-width characters, direction overrides, fillers, variation selectors, tags, separators that pass for line ends.
pub fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a short text from outside can stand in a field as it is: one line without markup, address or hidden character.
///
/// Compatibility forms count as what they look like. Names that end like addresses pass where the ending is one that software is
/// named with: `Node.js`, `ASP.NET`.
pub fn is_plain(text: &str) -> bool {
    if text.chars().any(|c| c.is_control() || is_deceptive(c)) {
        return false;
    }
    let folded: String = text.nfkc().collect::<String>().to_lowercase();
    !MARKS.iter().any(|mark| folded.contains(mark))
        && !folded.starts_with('#')
        && !SUSPECT.is_match(&folded)
        && !HOST.captures_iter(&folded).any(|host| !SOFTWARE.contains(&&host[1]))
        && !folded.chars().collect::<Vec<_>>().windows(3).any(|three| three.iter().all(|c| is_combining_mark(*c)))
}

const MARKS: [&str; 13] = ["](", "][", "![", "//", "\\", "www.", "<", ">", "`", "**", "{{", "{%", "@"];

/// Endings of names that are no addresses.
const SOFTWARE: [&str; 12] = ["js", "net", "ts", "py", "jl", "rs", "md", "csv", "json", "sql", "r", "ml"];

/// Addresses by their scheme, and entities.
static SUSPECT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:https?|ftp|file|data|javascript|vbscript|mailto|tel|tg|ssh|git):\S|&#?[a-z0-9]{2,10};|\.[a-z]{2,}:\d",
    )
});

/// Names with a dot in them; the last part says what they are.
static HOST: LazyLock<Regex> = LazyLock::new(|| pattern(r"[a-z0-9](?:[a-z0-9\-]*\.)+([a-z]{2,})\b"));

fn pattern(pattern: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and a test uses each of them")]
    Regex::new(pattern).expect("a constant pattern")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_plain() {
        for plain in [
            "C++",
            "F#",
            "A/B tests & R",
            "CI/CD, and/or ASP.NET",
            "Node.js and D3.js",
            "Prozess-Automatisierung",
            "You have 5+ years, e.g. in SQL.",
            "Größe: 3 m",
            "Design of experiments (DoE)",
            "U.S. equities; R&D",
        ] {
            assert!(is_plain(plain), "{plain}");
        }
    }

    #[test]
    fn addresses_markup_and_hidden_characters_are_not() {
        for marked in [
            "<b>SQL</b>",
            "[SQL](x)",
            "![x][1]",
            "# Heading",
            "&lt;img&gt;",
            "`x`",
            "two\nlines",
            "see https://x.y",
            "https:evil.example",
            "Learn it at evil.example",
            "evil.example/buy",
            "evil.example:8080",
            "boss@evil.example",
            "//evil.example/buy",
            "mailto:a",
            "data:text/html;base64,AA",
            "\\\\evil\\share",
            "ｈｔｔｐｓ：／／ｅｖｉｌ．ｅｘａｍｐｌｅ",
            "a\u{202e}b",
            "a\u{2028}b",
            "a\u{e0101}b",
            "{{ system }}",
            "Z\u{334}\u{335}\u{336}algo",
        ] {
            assert!(!is_plain(marked), "{marked}");
        }
    }
}
