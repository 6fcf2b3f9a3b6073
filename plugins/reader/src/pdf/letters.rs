use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;

use super::glyphs::UNKNOWN;

/// Characters as they are typed: ligatures and other presentation forms taken apart, blanks and hyphens of one kind,
/// control characters gone.
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{fb00}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}' => {
                clean.extend(std::iter::once(c).nfkc());
            }
            '\u{2010}' | '\u{2011}' => clean.push('-'),
            '\u{2022}' | '\u{2023}' | '\u{25cf}' | '\u{25a0}' | '\u{25aa}' | '\u{f0b7}' | '\u{f0a7}' => {
                clean.push('\u{2022}');
            }
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' => {}
            '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => clean.push(UNKNOWN),
            c if c.is_whitespace() => clean.push(' '),
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    clean
}

/// A letter under an accent that is shown as a character of its own.
pub fn accented(accent: char, letter: char) -> Option<char> {
    let mark = match accent {
        '`' => '\u{300}',
        '\u{b4}' => '\u{301}',
        '^' | '\u{2c6}' => '\u{302}',
        '~' | '\u{2dc}' => '\u{303}',
        '\u{af}' => '\u{304}',
        '\u{2d8}' => '\u{306}',
        '\u{2d9}' => '\u{307}',
        '\u{a8}' => '\u{308}',
        '\u{2da}' => '\u{30a}',
        '\u{2dd}' => '\u{30b}',
        '\u{2c7}' => '\u{30c}',
        '\u{b8}' => '\u{327}',
        '\u{2db}' => '\u{328}',
        _ => return None,
    };
    let letter = if letter == '\u{131}' { 'i' } else { letter };
    compose(letter, mark)
}

/// Why text cannot be what the pages show: fonts that do not say which characters they hold, or say it wrongly.
pub fn is_garbage(text: &str) -> bool {
    let (mut unknown, mut letters) = (0, 0);
    for c in text.chars() {
        unknown += usize::from(c == UNKNOWN);
        letters += usize::from(c.is_alphanumeric());
    }
    unknown > letters / 2 || (letters > 500 && without_vowels(text))
}

/// Words in a wrong alphabet, as an encoding that is off by some places gives them.
fn without_vowels(text: &str) -> bool {
    const VOWELS: &str = "aeiouyAEIOUY";
    let latin = |word: &&str| word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(latin).collect();
    let strange = words.iter().filter(|word| !word.contains(|c: char| VOWELS.contains(c))).count();
    words.len() > 50 && strange * 2 > words.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presentation_forms_are_taken_apart() {
        assert_eq!(clean("o\u{fb03}ce \u{1d465}\u{2011}y\u{a0}z\u{200b}"), "office x-y z");
        assert_eq!(clean("m² \u{2026}"), "m² \u{2026}");
        assert_eq!(accented('\u{b4}', 'e'), Some('é'));
        assert_eq!(accented('\u{a8}', '\u{131}'), Some('ï'));
        assert_eq!(accented('x', 'e'), None);
    }

    #[test]
    fn text_of_an_unknown_alphabet_is_told_from_prose() {
        let prose = "The quick brown fox jumps over the lazy dog again. ".repeat(20);
        assert!(!is_garbage(&prose));
        assert!(is_garbage(&"\u{fffd}\u{fffd}\u{fffd}a".repeat(20)));
        let shifted: String = prose.chars().map(|c| if c.is_alphabetic() { 'x' } else { c }).collect();
        assert!(is_garbage(&shifted));
    }
}
