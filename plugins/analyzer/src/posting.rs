use std::sync::LazyLock;

use regex::Regex;

/// What a part of a posting is about, which tells how much its words count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What the job requires.
    Required,
    /// What one will do.
    Duties,
    /// What would be nice.
    Optional,
    /// Before the first heading that says anything.
    Opening,
    /// Benefits, the company, the process: says nothing about skills.
    Noise,
}

/// A line of a posting with the part it stands in, Markdown marks and addresses taken out.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    pub part: Part,
    pub text: String,
}

/// Splits a posting into its lines of text.
pub fn lines(posting: &str) -> Vec<Line> {
    let mut part = Part::Opening;
    let mut lines = Vec::new();
    for raw in posting.lines() {
        let text = clean(raw);
        if text.is_empty() {
            continue;
        }
        if let Some(next) = heading(raw, &text) {
            part = next;
        }
        lines.push(Line { part: part_of_line(part, &text), text });
    }
    lines
}

fn clean(raw: &str) -> String {
    static LINK: LazyLock<Regex> = LazyLock::new(|| regex(r"\[([^\]]*)\]\([^)]*\)"));
    static TAG: LazyLock<Regex> = LazyLock::new(|| regex(r"</?[A-Za-z][^<>]{0,200}>"));
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"(?i)\b(?:https?|ftp|file|javascript|vbscript|mailto):\S+|data:\w+/\S+|www\.\S+|\S+@\S+\.\S+")
    });
    // First, so that an address cannot hide behind characters that nobody sees.
    let raw = pathwright_api::plain::printable(raw);
    let text = LINK.replace_all(&raw, "$1");
    let text = TAG.replace_all(&text, " ");
    let text = ADDRESS.replace_all(&text, " ");
    let text = text.replace(['*', '`', '|'], " ");
    let text = text.replace('\t', " ");
    let marks = ['#', '-', '•', '·', '–', '>', '+', '○', '▪', '✓', '✅'];
    text.trim().trim_start_matches(|c: char| marks.contains(&c) || c.is_whitespace()).trim().to_owned()
}

fn regex(pattern: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and a test compiles each of them")]
    Regex::new(pattern).expect("a constant pattern")
}

/// The part a line opens, if the line is a heading that says so.
fn heading(raw: &str, text: &str) -> Option<Part> {
    let trimmed = raw.trim();
    let marked =
        trimmed.starts_with('#') || (trimmed.starts_with("**") && trimmed.trim_end_matches(':').ends_with("**"));
    let short = text.split_whitespace().count() <= 8;
    let looks_like_one = marked || text.ends_with(':') || text.ends_with('?');
    if !short || !looks_like_one {
        return None;
    }
    part_of_heading(&text.to_lowercase(), marked)
}

fn part_of_heading(text: &str, marked: bool) -> Option<Part> {
    const OPTIONAL: [&str; 10] = [
        "nice to have",
        "nice-to-have",
        "bonus",
        "preferred",
        "desirable",
        "plus",
        "optional",
        "ideally",
        "wünschenswert",
        "good to have",
    ];
    const NOISE: [&str; 32] = [
        "benefit",
        "offer",
        "perks",
        "about us",
        "about the company",
        "who we are",
        "our values",
        "salary",
        "compensation",
        "equal opportunit",
        "diversity",
        "how to apply",
        "interview",
        "hiring process",
        "application",
        "privacy",
        "cookie",
        "why join",
        "why us",
        "what you get",
        "what's in it",
        "our culture",
        "similar jobs",
        "related jobs",
        "location",
        "contact",
        "wir bieten",
        "über uns",
        "our commitment",
        "inclusion",
        "recruitment process",
        "pay transparency",
    ];
    const DUTIES: [&str; 13] = [
        "responsibilit",
        "you will",
        "you'll",
        "your role",
        "the role",
        "what you do",
        "duties",
        "tasks",
        "your impact",
        "day to day",
        "aufgaben",
        "missions",
        "your mission",
    ];
    const REQUIRED: [&str; 19] = [
        "requirement",
        "qualification",
        "skills",
        "you bring",
        "you have",
        "your profile",
        "who you are",
        "experience",
        "about you",
        "must have",
        "must-have",
        "we are looking for",
        "looking for",
        "what you need",
        "you'll need",
        "tech stack",
        "technolog",
        "expertise",
        "profil",
    ];
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match () {
        () if has(&OPTIONAL) => Some(Part::Optional),
        () if has(&NOISE) => Some(Part::Noise),
        () if has(&DUTIES) => Some(Part::Duties),
        () if has(&REQUIRED) => Some(Part::Required),
        // A heading of a kind not known ends whatever was noise or optional before it.
        () if marked => Some(Part::Opening),
        () => None,
    }
}

/// A single line can be less than the part it stands in.
fn part_of_line(part: Part, text: &str) -> Part {
    let lower = text.to_lowercase();
    let optional =
        ["nice to have", "is a plus", "a plus", "bonus", "preferred", "ideally", "would be great", "advantageous"];
    if part != Part::Noise && optional.iter().any(|words| lower.contains(words)) { Part::Optional } else { part }
}

/// Whether the words before and after a mention say that it is not asked for.
pub fn is_negated(line: &str, start: usize, end: usize) -> bool {
    let before = line[..start].to_lowercase();
    let clause = before.rsplit(['.', ';', ':']).next().unwrap_or_default();
    let after = line[end..].to_lowercase();
    let after = after.split(['.', ';']).next().unwrap_or_default();
    let no = clause.split_whitespace().any(|word| matches!(word, "no" | "not" | "without" | "don't" | "never"));
    let needed = ["needed", "required", "necessary", "need ", "require", "expect"];
    let about_need = |text: &str| needed.iter().any(|word| text.contains(word));
    let denied_after = ["not required", "not needed", "not necessary", "isn't required", "isn't needed"];
    (no && (about_need(after) || about_need(clause) || clause.contains("no experience")))
        || denied_after.iter().any(|words| after.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn headings_divide_a_posting() {
        let posting = "Join us\n\n## What you will do\n- Build models\n\n**Requirements:**\n- SQL\n- dbt is a plus\n\n### Benefits\n- Python club";
        let parts: Vec<_> = lines(posting).into_iter().map(|line| (line.part, line.text)).collect();
        let expected = [
            (Part::Opening, "Join us"),
            (Part::Duties, "What you will do"),
            (Part::Duties, "Build models"),
            (Part::Required, "Requirements:"),
            (Part::Required, "SQL"),
            (Part::Optional, "dbt is a plus"),
            (Part::Noise, "Benefits"),
            (Part::Noise, "Python club"),
        ];
        assert_eq!(parts, expected.map(|(part, text)| (part, text.to_owned())));
    }

    #[test]
    fn addresses_tags_and_invisible_characters_are_not_text() {
        let cleaned = clean("* <b>SQL</b> [see here](https://x.example/python) \u{202e}at https://rust.example");
        assert_eq!(text_words(&cleaned), ["SQL", "see", "here", "at"]);
    }

    fn text_words(text: &str) -> Vec<&str> {
        text.split_whitespace().collect()
    }

    #[test]
    fn negations_are_understood() {
        let negated = |line: &str| {
            let start = line.find("Java").unwrap();
            is_negated(line, start, start + 4)
        };
        assert!(negated("No experience with Java needed"));
        assert!(negated("Java is not required"));
        assert!(!negated("Java required, no exceptions"));
        assert!(!negated("Not only SQL; Java"));
    }

    proptest! {
        #[test]
        fn any_text_has_lines(posting in "\\PC{0,300}") {
            for line in lines(&posting) {
                prop_assert!(!line.text.is_empty());
            }
        }
    }
}
