/// The text of a list's item without its mark; none for text that is no item.
///
/// A number counts as a mark only where a paragraph may begin (`at_start`): a sentence can break before "2. ".
pub fn item(text: &str, at_start: bool) -> Option<&str> {
    let mut words = text.splitn(2, ' ');
    let (mark, rest) = (words.next()?, words.next()?.trim_start());
    let bullet = matches!(
        mark,
        "•" | "◦" | "▪" | "‣" | "∙" | "·" | "●" | "○" | "■" | "□" | "➢" | "▶" | "►" | "✓" | "⁃" | "*"
    );
    let dash = matches!(mark, "–" | "-" | "—") && at_start;
    ((bullet || dash || (at_start && is_number(mark))) && !rest.is_empty()).then_some(rest)
}

/// `1.`, `2)`, `(3)`, `a)`, `(iv)`.
fn is_number(mark: &str) -> bool {
    let bare = mark.trim_start_matches('(').trim_end_matches([')', '.']);
    let closed = mark.ends_with(')') || mark.ends_with('.');
    let numeral = bare.len() < 3 && bare.chars().all(|c| c.is_ascii_digit());
    let letter = mark.ends_with(')') && bare.len() < 5 && (bare.len() == 1 || bare.chars().all(|c| "ivx".contains(c)));
    closed && !bare.is_empty() && (numeral || (letter && bare.chars().all(|c| c.is_ascii_lowercase())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_items() {
        assert_eq!(item("• one", false), Some("one"));
        assert_eq!(item("(iv) four", true), Some("four"));
        assert_eq!(item("2. two", true), Some("two"));
        assert_eq!(item("2. two", false), None);
        assert_eq!(item("1984. A year", true), None);
        assert_eq!(item("e.g. this", true), None);
        assert_eq!(item("– a dash", false), None);
    }
}
