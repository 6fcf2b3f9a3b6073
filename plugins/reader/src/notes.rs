//! What a dialect says beside its text, carried through the Markdown parser as comments of HTML.

use std::sync::LazyLock;

use regex::Regex;

/// A remark of the source on its own structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A name of the place where it stands.
    Label,
    /// A name of what comes next.
    Target,
    /// A reference to another place.
    Refer,
    /// An entry of the book's index.
    Term,
}

const KINDS: [(Note, &str); 4] =
    [(Note::Label, "label"), (Note::Target, "target"), (Note::Refer, "refer"), (Note::Term, "term")];

/// The note as a comment; nothing for a name that a comment cannot hold.
pub fn note(kind: Note, name: &str) -> String {
    let (_, word) = KINDS.iter().find(|(known, _)| *known == kind).copied().unwrap_or(KINDS[0]);
    let name = pathwright_api::text::squeeze(name).replace("--", "-");
    let fits = !name.is_empty() && name.len() <= 300 && !name.contains(['<', '>']) && !name.ends_with('-');
    if fits { format!("<!--{word} {name}-->") } else { String::new() }
}

/// The notes in a piece of HTML, and the ids that its elements have.
pub fn notes(html: &str) -> Vec<(Note, String)> {
    static NOTE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r#"<!--(label|target|refer|term) ([^<>]*?)-->|<\w[^<>]*?\s(?:id|name)="([^"<>]+)""#));
    let found = NOTE.captures_iter(html).map(|found| match (found.get(1), found.get(2), found.get(3)) {
        (Some(word), Some(name), _) => {
            let kind = KINDS.iter().find(|(_, known)| *known == word.as_str()).map_or(Note::Label, |(kind, _)| *kind);
            (kind, name.as_str().to_owned())
        }
        (_, _, id) => (Note::Target, format!("#{}", id.map_or("", |id| id.as_str()))),
    });
    found.collect()
}

/// A text without notes: inside code they would be shown.
pub fn without_notes(text: &str) -> String {
    static NOTE: LazyLock<Regex> = LazyLock::new(|| pattern(r"<!--(?:label|target|refer|term) [^<>]*?-->"));
    if text.contains("<!--") { NOTE.replace_all(text, "").into_owned() } else { text.to_owned() }
}

/// `:label: name` and `:name: name` name the place.
pub fn label_of(line: &str) -> Option<String> {
    let (name, value) = line.trim().strip_prefix(':')?.split_once(':')?;
    matches!(name, "label" | "name").then(|| note(Note::Label, value))
}

/// The terms of a line of a directive for the index.
pub fn indexed(line: &str) -> Option<String> {
    let terms: String = index_terms(line).iter().map(|term| note(Note::Term, term)).collect();
    (!terms.is_empty()).then_some(terms)
}

/// What a role says of the book's structure.
pub fn noted(name: &str, content: &str) -> String {
    let target = content.rsplit_once('<').map_or(content, |(_, target)| target.trim_end_matches('>'));
    match name {
        "numref" | "ref" | "prf:ref" | "doc" | "eqref" | "eq" => note(Note::Refer, target),
        "label" | "eqlabel" => note(Note::Label, content),
        "index" => indexed(target).unwrap_or_default(),
        _ => String::new(),
    }
}

/// The terms of an entry of an index: `single: bias; of an estimator` is `bias`, `pair: a; b` is both.
fn index_terms(entry: &str) -> Vec<String> {
    let (kind, rest) = entry.split_once(':').map_or(("", entry), |(kind, rest)| (kind.trim(), rest));
    let parts: Vec<&str> = rest.split([';', '!']).map(|part| part.trim().trim_start_matches('!')).collect();
    let kept: &[&str] = match kind {
        "see" | "seealso" => &[],
        "pair" | "triple" => &parts,
        "" | "single" => &parts[..1],
        _ => return entry.split([';', '!']).take(1).map(|part| part.trim().to_owned()).collect(),
    };
    kept.iter().flat_map(|part| part.split(',').take(1)).map(|part| part.trim().to_owned()).collect()
}

fn pattern(pattern: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and a test uses each of them")]
    Regex::new(pattern).expect("a constant pattern")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_come_back_as_they_were() {
        let html = format!("{}<a id=\"old\"></a>{}", note(Note::Label, "sec_x"), note(Note::Term, "a--b"));
        let expected =
            [(Note::Label, "sec_x".to_owned()), (Note::Target, "#old".to_owned()), (Note::Term, "a-b".to_owned())];
        assert_eq!(notes(&html), expected);
        assert_eq!(without_notes(&format!("x{}", note(Note::Refer, "y"))), "x");
        assert_eq!(note(Note::Label, "a>b") + &note(Note::Label, " "), "");
    }

    #[test]
    fn entries_of_an_index_name_their_terms() {
        assert_eq!(index_terms("single: bias; of an estimator"), ["bias"]);
        assert_eq!(index_terms("pair: hive; tool"), ["hive", "tool"]);
        assert_eq!(index_terms("swarm!prime"), ["swarm"]);
        assert_eq!(index_terms("see: a; b"), Vec::<String>::new());
    }
}
