use std::sync::LazyLock;

use regex::Regex;

use crate::headings::{is_fact, part_of_heading};
use crate::patterns::{has_start_of, pattern, words_only};

pub use crate::negation::is_negated;

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
    /// Benefits, the company, the process, what is not asked for: says nothing about skills.
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
    let raw: Vec<&str> = posting.lines().collect();
    let mut part = Part::Opening;
    let mut lines = Vec::new();
    for (number, line) in raw.iter().enumerate() {
        let text = clean(line);
        if text.is_empty() || is_underline(line) {
            continue;
        }
        let shape = Shape::of(line, &text, raw.get(number + 1).copied().unwrap_or_default());
        if let Some(next) = shape.opens(&text) {
            part = next;
        }
        lines.push(Line { part: part_of_line(part, line, &text, &shape), text });
    }
    lines
}

fn clean(raw: &str) -> String {
    static LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[([^\]]*)\]\([^)]*\)"));
    static TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"</?[A-Za-z][^<>]{0,200}>"));
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?i)\b(?:https?|ftp|file|javascript|vbscript|mailto):\S+|data:\w+/\S+|www\.\S+|\S+@\S+\.\S+")
    });
    static BULLET: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:[\s#•·–>+○◦▪■●→✓✔✅➤-]|\d{1,2}[.)]\s)+"));
    // First, so that an address cannot hide behind characters that nobody sees.
    let raw = pathwright_api::plain::printable(raw);
    let text = LINK.replace_all(&raw, "$1");
    let text = TAG.replace_all(&text, " ");
    let text = ADDRESS.replace_all(&text, " ");
    let text = text.replace(['*', '`', '|'], " ").replace("__", " ").replace('\t', " ");
    let text = BULLET.replace(text.trim(), "");
    text.trim_start_matches(|c: char| !c.is_alphanumeric() && !OPENING.contains(&c)).trim().to_owned()
}

/// Signs that a sentence or a name may begin with; others before it are ornament.
const OPENING: [char; 12] = ['(', '"', '\'', '.', '„', '“', '«', '¿', '¡', '[', '$', '€'];

/// A line of Markdown that only underlines the one before it.
fn is_underline(raw: &str) -> bool {
    let trimmed = raw.trim();
    trimmed.len() >= 3 && (trimmed.bytes().all(|b| b == b'=') || trimmed.bytes().all(|b| b == b'-'))
}

/// How a line is set, which tells a heading from a sentence.
struct Shape {
    /// Marked as a heading: by `#`, in bold or italics, or underlined.
    marked: bool,
    /// Begins in bold: "**Stack:** Python".
    bold: bool,
    bulleted: bool,
}

impl Shape {
    fn of(raw: &str, text: &str, next: &str) -> Self {
        let raw = raw.trim();
        let wrapped = |mark: &str| raw.len() > 2 * mark.len() && raw.starts_with(mark) && closes(raw, mark);
        let short = text.split_whitespace().count() <= 8;
        let underlined = short && is_underline(next);
        let emphasised = short && !text.contains(". ") && ["*", "_"].iter().any(|mark| wrapped(mark));
        let list_item = raw.starts_with(['-', '•', '·', '–', '+', '○', '◦', '▪', '→', '>']) || raw.starts_with("* ");
        Self {
            marked: !list_item && (raw.starts_with('#') || wrapped("**") || wrapped("__") || emphasised || underlined),
            bold: raw.starts_with("**") || raw.starts_with("__"),
            bulleted: list_item,
        }
    }

    /// The part a line opens, if the line is a heading that says so.
    fn opens(&self, text: &str) -> Option<Part> {
        let words = text.split_whitespace().count();
        let looks_like_one = self.marked || text.ends_with(':') || text.ends_with('?');
        if looks_like_one && words <= 8 {
            // A heading of a kind not known ends whatever was noise or optional before it.
            return part_of_heading(text).or(self.marked.then_some(Part::Opening));
        }
        if let Some((label, _)) = text.split_once(':').filter(|(label, _)| is_label(label) && !self.bulleted) {
            return part_of_heading(label).filter(|part| *part == Part::Noise && lists_other_jobs(label));
        }
        let bare = !self.bulleted && words <= 5 && text.chars().next().is_some_and(char::is_uppercase);
        let closed = text.ends_with(['.', ',', ';', '!']) || text.contains(',') || text.contains(':');
        if bare && !closed { part_of_heading(text) } else { None }
    }
}

/// The mark at the end, a colon before or after it.
fn closes(raw: &str, mark: &str) -> bool {
    raw.trim_end_matches(':').ends_with(mark)
}

fn is_label(label: &str) -> bool {
    (1..=5).contains(&label.split_whitespace().count())
}

/// What follows such a label up to the next heading are other postings.
fn lists_other_jobs(label: &str) -> bool {
    const OTHERS: &str =
        "similar|more|other|related|recommended|ahnliche|weitere|offres|autres|ofertas|altre|vergelijkbare";
    has_start_of(&words_only(label), OTHERS)
}

/// A single line can be less than the part it stands in, or with a label of its own another.
fn part_of_line(part: Part, raw: &str, text: &str, shape: &Shape) -> Part {
    if is_navigation(raw) || is_boilerplate(text) {
        return Part::Noise;
    }
    let label = text.split_once(':').map(|(label, _)| label).filter(|label| is_label(label));
    let labelled = label.and_then(|label| if is_fact(label) { Some(Part::Noise) } else { part_of_heading(label) });
    let part = match labelled {
        Some(Part::Noise) if !shape.bulleted => Part::Noise,
        Some(own) if shape.bold || part == Part::Opening => own,
        _ => part,
    };
    if part != Part::Noise && is_optional(text) { Part::Optional } else { part }
}

fn is_optional(text: &str) -> bool {
    const OPTIONAL: &str = "nice to have|is a plus|are a plus|a plus|a big plus|bonus|preferred|ideally|would be great|advantageous|\
        an advantage|desirable|but not required|not a must|not essential|von vorteil|wunschenswert|\
        idealerweise|ware schon|kein muss|ein plus|un plus|un atout|appreciee|apprecie|souhaite|deseable|se valora|\
        valorable|sera un plus|desejavel|diferencial|sera um diferencial|preferibile|gradit|costituisce un plus|\
        pre |een plus|pluspunt|wenselijk";
    has_start_of(&words_only(text), OPTIONAL)
}

/// A row of links, a breadcrumb, a foot of the page.
fn is_navigation(raw: &str) -> bool {
    const PLACES: &str = "home |careers |jobs |sign in|login|about us|privacy|imprint|impressum|karriere |startseite|presse |\
        accueil|recrutement |inicio|contacto |contact |aviso legal|my applications|search jobs|vacatures |lavora con noi|\
        chi siamo|carreiras |settings ";
    let separated = ["|", " > ", " · ", " / ", " » "].iter().any(|sign| raw.matches(sign).count() >= 2);
    let linked = raw.matches("](").count() >= 2;
    let text = words_only(raw);
    let named = has_start_of(&text, PLACES);
    (separated && named && text.len() < 160) || (linked && (named || raw.matches("](").count() >= 4))
}

/// What stands at the foot of any posting.
fn is_boilerplate(text: &str) -> bool {
    const WORDS: &str = "cookie|equal opportunit|regardless of race|all qualified applicants|privacy policy|datenschutzerklarung|\
        reasonable accommodation|sexual orientation|accept all|tout accepter|all rights reserved";
    has_start_of(&words_only(text), WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Part::{Noise, Required};
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
    fn rows_of_links_facts_and_other_postings_say_nothing_about_skills() {
        let posting = "[Home](/) | [Careers](/c) | [Python](/p)\nLocation: Go\n\n__Essential__\n→ SQL\n\nSimilar jobs: Java (Junior)\nPHP\n";
        let parts: Vec<_> = lines(posting).into_iter().map(|line| line.part).collect();
        assert_eq!(parts, [Noise, Noise, Required, Required, Noise, Noise]);
    }

    #[test]
    fn a_label_in_bold_is_a_part_of_its_own() {
        let parts: Vec<_> = lines("**About us**\nWe sell.\n**Stack:** Python\n**Bonus:** Go")
            .into_iter()
            .map(|line| line.part)
            .collect();
        assert_eq!(parts, [Part::Noise, Part::Noise, Part::Required, Part::Optional]);
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
