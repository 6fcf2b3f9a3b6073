/// Words before the number of a part.
const PARTS: [&str; 6] = ["chapter", "appendix", "section", "part", "lecture", "unit"];
const WORDS: [&str; 12] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// Whether a line only numbers what follows: `Chapter 7`, `PART II`, `APPENDIX`, `Seven`, `12`.
pub fn is_label(line: &str) -> bool {
    let lower = line.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    match words.as_slice() {
        [part, number] => PARTS.contains(part) && is_numeral(number.trim_end_matches([':', '.'])),
        [word] => PARTS.contains(word) || WORDS.contains(word) || (word.len() < 4 && is_digits(word)),
        _ => false,
    }
}

/// The same without blanks and signs, as it may stand before a title: `chapter7`, `73`, `a2`.
pub fn is_prefix(key: &str) -> bool {
    let number = PARTS.iter().find_map(|part| key.strip_prefix(part)).unwrap_or(key);
    let short = number.len() <= 8;
    WORDS.contains(&number) || short && (number.contains(|c: char| c.is_ascii_digit()) || is_letters(number))
}

/// How deep a section's number is: 1 for `3 Trees`, 2 for `3.1 Trees`; none for a line without number.
pub fn depth(line: &str) -> Option<usize> {
    let number = line.split_whitespace().next()?.trim_end_matches('.');
    let parts: Vec<&str> = number.split('.').collect();
    let (first, rest) = parts.split_first()?;
    let digits = |part: &&str| part.len() < 4 && is_digits(part);
    let letter = first.len() == 1 && first.chars().all(|c| c.is_ascii_uppercase()) && !rest.is_empty();
    let roman = first.len() < 6 && rest.is_empty() && line.contains('.') && first.chars().all(|c| "IVX".contains(c));
    ((digits(first) || letter || roman) && rest.iter().all(digits) && parts.len() < 7).then_some(parts.len())
}

fn is_numeral(word: &str) -> bool {
    let roman = word.len() < 6 && word.chars().all(|c| "ivxlc".contains(c));
    WORDS.contains(&word) || word.len() == 1 || roman || (word.len() < 4 && is_digits(word))
}

fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_digit())
}

fn is_letters(word: &str) -> bool {
    word.chars().all(|c| "ivxlcabdefgh".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_chapters() {
        let labels = ["Chapter 7", "PART II", "appendix", "Seven", "12", "Appendix B:"];
        assert!(labels.iter().all(|line| is_label(line)));
        let others = ["Chapter 7 Trees", "Trees", "Part of it", "2024", ""];
        assert!(!others.iter().any(|line| is_label(line)));
        assert!(is_prefix("chapter7") && is_prefix("23") && is_prefix("iv") && !is_prefix("trees"));
    }

    #[test]
    fn numbers_say_how_deep() {
        let depths = ["3 Trees", "3.1. Trees", "A.2 Trees", "IV. TREES", "Trees", "3.x"].map(depth);
        assert_eq!(depths, [Some(1), Some(2), Some(2), Some(1), None, None]);
    }
}
