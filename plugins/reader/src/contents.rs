/// Tables of contents on web pages.
mod page;

use std::sync::LazyLock;

use pathwright_api::{plain, text};
use regex::Regex;

/// Entries that are read; a book of a thousand pages has some hundreds.
const MOST: usize = 3_000;

/// Fewer are no table of contents.
const LEAST: usize = 3;

/// Levels of titles that are told apart.
const DEEPEST: usize = 12;

/// Longest title that is kept, in characters.
const LONGEST: usize = 200;

/// Words from which a line is rather a sentence than a title.
const WORDY: usize = 16;

/// A line of a table of contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The titles above it, from the highest on, and its own.
    pub heading: Vec<String>,
    pub page: Option<u32>,
}

impl Entry {
    pub fn title(&self) -> &str {
        self.heading.last().map_or("", String::as_str)
    }
}

/// A line before it is known how the whole is laid out.
#[derive(Debug, Default)]
struct Line {
    /// Columns before the text.
    indent: usize,
    /// The depth of a list or the level of a heading, where the markup says so.
    depth: Option<u8>,
    is_heading: bool,
    text: String,
}

/// Reads a table of contents as people paste it: lines that are indented, numbered or marked as a list, with or without page
/// numbers; Markdown; HTML. The error says what it is instead.
pub fn read(text: &str) -> Result<Vec<Entry>, String> {
    let text = plain::printable(text);
    let lines = if page::is_page(&text) { page::lines(&text) } else { text.lines().filter_map(line).collect() };
    let numbers_end_lines = mostly_end_in_rising_numbers(&lines);
    let mut outline = Outline::default();
    let mut wordy = 0;
    for line in lines {
        let (title, page) = split_page(&line.text, numbers_end_lines);
        let (rank, title) = split_number(title);
        if !title.chars().any(char::is_alphabetic) || is_its_own_name(title) {
            continue;
        }
        wordy += usize::from(title.split_whitespace().count() >= WORDY);
        outline.add(&line, rank, text::shorten(&text::squeeze(title), LONGEST), page);
        if outline.entries.len() > MOST {
            return Err(format!("has more than {MOST} lines"));
        }
    }
    match outline.entries.len() {
        few if few < LEAST => Err(format!("has fewer than {LEAST} lines that could be titles")),
        all if wordy * 4 > all => Err("is running text rather than a list of titles".to_owned()),
        _ => Ok(outline.entries),
    }
}

/// None for a line without text.
fn line(raw: &str) -> Option<Line> {
    let is_margin = |c: &char| c.is_whitespace() || matches!(c, '│' | '├' | '└' | '─' | '>');
    let margin = raw.chars().take_while(is_margin);
    let indent = margin.map(|c| if c == '\t' { 4 } else { 1 }).sum();
    let bare = raw.trim_start_matches(|c| is_margin(&c)).trim_end();
    let hashes = bare.chars().take_while(|c| *c == '#').count();
    let is_heading = (1..=6).contains(&hashes) && bare[hashes..].starts_with(' ');
    let marked = if is_heading {
        &bare[hashes..]
    } else {
        bare.trim_start_matches(['-', '*', '+', '•', '‣', '◦', '▪', '–'])
    };
    let linked = LINK.as_ref().map_or(marked.into(), |link| link.replace_all(marked, "$1"));
    let text = linked.trim().trim_matches(['*', '_', '|']).trim().to_owned();
    let depth = is_heading.then_some(hashes as u8);
    (!text.is_empty()).then_some(Line { indent, depth, is_heading, text })
}

/// `[title](address)`.
static LINK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"!?\[([^\]]*)\]\([^)]*\)").ok());

/// `Part II`, `Chapter 3:`, `Appendix A.`, `2.`, `2.3.1`, `B.2`, `iv)`.
static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    const SPELT: &str = "one|two|three|four|five|six|seven|eight|nine|ten";
    const CHAPTERS: &str = "chapter|appendix|unit|lesson|module|lecture|week|section";
    let part = format!(r"(?P<part>part|book|volume)\s+(?:\d+|[ivxlc]+|{SPELT})\b");
    let chapter = format!(r"(?P<chapter>(?:{CHAPTERS})\s+(?:\d+|[ivxlc]+|[a-z]|{SPELT})|§\s*\d+)\b");
    let dotted = r"(?P<dotted>(?:\d{1,3}|[A-Z])(?:\.\d{1,3})+)\.?(?:\s|$)";
    let bare = r"(?:\d{1,3}[.):]|(?:[A-Za-z]|[ivxlcIVXLC]{1,6})[.)])(?:\s|$)|\d{1,3}\s";
    Regex::new(&format!(r"^(?:(?i:{part}|{chapter})|{dotted}|{bare})[\s.:)–—-]*")).ok()
});

/// How high a numbered line stands, 1 for a part, 2 for a chapter; and the title without its number.
fn split_number(title: &str) -> (Option<u8>, &str) {
    let title = title.trim();
    let Some(found) = NUMBER.as_ref().and_then(|number| number.captures(title)) else {
        return (None, title);
    };
    let rest = &title[found.get(0).map_or(0, |whole| whole.end())..];
    let rank = match (found.name("part"), found.name("dotted")) {
        (Some(_), _) => Some(1),
        (None, Some(dotted)) => Some(2 + dotted.as_str().matches('.').count().min(6) as u8),
        (None, None) if found.name("chapter").is_some() => Some(2),
        (None, None) => None,
    };
    // "Chapter 4" alone is still a title, and the best there is.
    (rank, if rest.is_empty() { title } else { rest })
}

/// The title without dot leaders and the page number they lead to.
fn split_page(text: &str, numbers_end_lines: bool) -> (&str, Option<u32>) {
    let Some((head, last)) = text.trim_end().rsplit_once(is_leader) else {
        return (text, None);
    };
    let is_roman = !last.is_empty() && last.len() <= 6 && last.chars().all(|c| "ivxlc".contains(c));
    let number = last.parse::<u32>().ok().filter(|_| last.len() <= 5);
    if number.is_none() && !is_roman {
        return (text.trim_end_matches(is_leader), None);
    }
    let title = head.trim_end_matches(is_leader);
    let gap = &text.trim_end()[title.len()..text.trim_end().len() - last.len()];
    let led = gap.chars().count() >= 2 || gap.contains('\t');
    if title.is_empty() || !(led || (numbers_end_lines && number.is_some())) { (text, None) } else { (title, number) }
}

fn is_leader(c: char) -> bool {
    c.is_whitespace() || matches!(c, '.' | '…' | '·' | '‥' | '_')
}

/// Page numbers behind a single space are told from titles that end in a number by their company.
fn mostly_end_in_rising_numbers(lines: &[Line]) -> bool {
    let last = |line: &Line| line.text.rsplit(is_leader).next()?.parse::<u32>().ok();
    let numbers: Vec<u32> = lines.iter().filter_map(last).collect();
    let rising = numbers.windows(2).filter(|pair| pair[0] <= pair[1]).count();
    numbers.len() >= 5 && numbers.len() * 10 >= lines.len() * 6 && (rising + 1) * 10 >= numbers.len() * 9
}

fn is_its_own_name(title: &str) -> bool {
    matches!(text::fold(title).trim(), "contents" | "table of contents" | "brief contents" | "toc")
}

/// Turns lines into entries that know what stands above them.
#[derive(Default)]
struct Outline {
    entries: Vec<Entry>,
    /// The titles that are open, with their ranks: the smaller the higher.
    open: Vec<(usize, String)>,
    /// Columns of the lines that are open, growing.
    indents: Vec<usize>,
    /// The level of the last heading in Markdown; lists below it stand under it.
    base: usize,
}

impl Outline {
    fn add(&mut self, line: &Line, number: Option<u8>, title: String, page: Option<u32>) {
        let rank = self.rank(line, number);
        self.open.retain(|(above, _)| *above < rank);
        self.open.truncate(DEEPEST - 1);
        self.open.push((rank, title));
        let heading = self.open.iter().map(|(_, title)| title.clone()).collect();
        self.entries.push(Entry { heading, page });
    }

    /// Numbers say more than markup, and markup more than columns.
    fn rank(&mut self, line: &Line, number: Option<u8>) -> usize {
        self.indents.retain(|open| *open < line.indent);
        let column = self.indents.len();
        self.indents.push(line.indent);
        match (number, line.depth) {
            (Some(number), _) => usize::from(number),
            (None, Some(depth)) => {
                if line.is_heading {
                    self.base = usize::from(depth);
                }
                1 + usize::from(depth)
            }
            (None, None) => 2 + self.base + column,
        }
    }
}

#[cfg(test)]
mod tests;
