use super::document::{Document, DocumentBuilder};

/// Reads plain text: paragraphs between blank lines; a short line that is underlined or in capitals is a heading.
pub fn read(text: &str) -> Document {
    let mut builder = DocumentBuilder::default();
    for paragraph in text.replace("\r\n", "\n").split("\n\n") {
        let lines: Vec<&str> = paragraph.lines().filter(|line| !line.trim().is_empty()).collect();
        match lines.as_slice() {
            [] => {}
            [title, rule, rest @ ..] if is_rule(rule, '=') => {
                builder.heading(1, title);
                builder.prose(&rest.join(" "));
            }
            [title, rule, rest @ ..] if is_rule(rule, '-') => {
                builder.heading(2, title);
                builder.prose(&rest.join(" "));
            }
            [title] if is_title(title) => builder.heading(2, title),
            lines => builder.prose(&lines.join(" ")),
        }
    }
    builder.finish()
}

fn is_rule(line: &str, mark: char) -> bool {
    line.trim().len() >= 3 && line.trim().chars().all(|c| c == mark)
}

/// "CHAPTER 3", "INTRODUCTION", "Chapter 3. The market".
fn is_title(line: &str) -> bool {
    let line = line.trim();
    let words = line.split_whitespace().count();
    let capitals = line.chars().any(char::is_alphabetic) && !line.chars().any(char::is_lowercase);
    let numbered = ["Chapter ", "Section ", "Part "].iter().any(|word| line.starts_with(word));
    words <= 10 && (capitals || (numbered && !line.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_and_paragraphs() {
        let document = read("A Title\n=======\n\nSome text\nin two lines.\n\nINTRODUCTION\n\nMore.\n");
        let titles: Vec<_> = document.sections.iter().map(|section| section.title.as_str()).collect();
        assert_eq!(titles, ["A Title", "INTRODUCTION"]);
        assert_eq!(document.title.as_deref(), Some("A Title"));
    }
}
