/// Lines with tabs as spaces and nothing at their ends, so that indents are bytes.
pub fn source(text: &str) -> Vec<String> {
    text.lines().map(|line| untabbed(line.trim_end())).collect()
}

fn untabbed(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\t' => out.push_str(&" ".repeat(8 - out.chars().count() % 8)),
            c => out.push(c),
        }
    }
    out
}

pub fn indent(line: &str) -> usize {
    line.bytes().take_while(|byte| *byte == b' ').count()
}

/// How many lines belong to a block whose first so many lines belong to it in any case: all that are indented or empty,
/// up to the last that has text.
pub fn indented(lines: &[&str], first: usize) -> usize {
    let more = lines[first..].iter().take_while(|line| line.is_empty() || line.starts_with(' '));
    let empty = lines[first..].iter().take(more.clone().count()).rev().take_while(|line| line.is_empty()).count();
    first + more.count() - empty
}

/// Without the indent that all lines share, or without so many spaces if that is less.
pub fn dedented<'a>(lines: &[&'a str], most: usize) -> Vec<&'a str> {
    let shared = lines.iter().filter(|line| !line.is_empty()).map(|line| indent(line)).min().unwrap_or_default();
    lines.iter().map(|line| line.get(shared.min(most)..).unwrap_or_default()).collect()
}

/// The sign that a line consists of, if it is one.
pub fn adornment(line: &str) -> Option<char> {
    let mark = line.chars().next().filter(char::is_ascii_punctuation)?;
    (line.len() >= 2 && line.chars().all(|c| c == mark) && !matches!(line, "::" | ".." | "--")).then_some(mark)
}

/// Where the text of the list item begins that the first of these lines is.
pub fn item(lines: &[&str]) -> Option<usize> {
    let line = lines[0];
    let mark = line.chars().next()?;
    if matches!(mark, '*' | '-' | '+' | '•' | '‣' | '⁃') {
        let rest = &line[mark.len_utf8()..];
        return (rest.is_empty() || rest.starts_with(' ')).then(|| mark.len_utf8() + indent(rest));
    }
    let column = enumerator(line)?;
    // "A. Einstein was" in the middle of nowhere is no item: the next line is not indented, nor empty, nor an item.
    let next = lines.get(1).copied().unwrap_or_default();
    (next.is_empty() || next.starts_with(' ') || enumerator(next).is_some()).then_some(column)
}

/// `1.`, `(a)`, `iv)`, `#.`
fn enumerator(line: &str) -> Option<usize> {
    let inner = line.strip_prefix('(').unwrap_or(line);
    let end = inner.find(['.', ')']).filter(|end| (1..=6).contains(end))?;
    let name = &inner[..end];
    let is_number = name.chars().all(|c| c.is_ascii_digit());
    let is_letter = name.len() == 1 && name.chars().all(|c| c.is_ascii_alphabetic() || c == '#');
    let is_roman = name.chars().all(|c| matches!(c.to_ascii_lowercase(), 'i' | 'v' | 'x' | 'l' | 'c'));
    let start = line.len() - inner.len() + end + 1;
    let rest = &line[start..];
    ((is_number || is_letter || is_roman) && (rest.is_empty() || rest.starts_with(' '))).then(|| start + indent(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indents_are_taken_off_together() {
        let lines = ["  a", "", "    b", "", "c"];
        assert_eq!(indented(&lines, 0), 3);
        assert_eq!(dedented(&lines[..3], usize::MAX), ["a", "", "  b"]);
        assert_eq!(dedented(&lines[2..3], 2), ["  b"]);
        assert_eq!(source("\tx  \r\na\tb"), ["        x", "a       b"]);
    }

    #[test]
    fn items_and_what_only_looks_like_one() {
        assert_eq!(item(&["- x"]), Some(2));
        assert_eq!(item(&["12. x", "13. y"]), Some(4));
        assert_eq!(item(&["(iv) x"]), Some(5));
        assert_eq!(item(&["A. Einstein was", "born in Ulm."]), None);
        assert_eq!(item(&["-x"]), None);
        assert_eq!(item(&["e.g. this"]), None);
    }
}
