/// Headings in order.
mod headings;
/// Passages and the pages they stand on.
mod pages;
/// Words, however often each.
mod words;

use serde::Serialize;

use super::Measured;
use pathwright_reader::Document;

use headings::Headings;
use pages::Pages;
use words::Words;

/// What a print is compared with.
#[derive(Debug)]
pub struct Truth<'a> {
    /// What it was printed from, as another reader reads it.
    pub source: &'a [Document],
    /// The same text as somebody else's program reads it.
    pub plain: Option<&'a str>,
    /// The words of each page, from the first, as somebody else's program reads them.
    pub pages: Option<&'a [Vec<String>]>,
}

/// How much of a printed book was read, and how much of what was read does not belong.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Against the source; formulas aside, which are printed as signs and written as commands.
    pub words: Words,
    /// Against the plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plain_words: Option<Words>,
    pub headings: Headings,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<Pages>,
}

/// Something that is missing, too much or in the wrong place.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Detail {
    MissingWord { word: String, times: usize },
    SurplusWord { word: String, times: usize },
    MissingHeading { level: u8, title: String },
    SurplusHeading { level: u8, title: String },
    WrongPage { page: Option<u32>, text: String },
}

/// Compares what was read of a print with what is known of it.
pub fn compare(read: &[Document], truth: &Truth<'_>) -> Measured<Report, Detail> {
    let mut details = Vec::new();
    let count = words::of_documents(read);
    let words = words::compare(&count, &words::of_documents(truth.source), &mut details);
    // The same words are missing here once more, so they are not told again.
    let plain_words = truth.plain.map(|text| words::compare(&count, &words::of_text(text), &mut Vec::new()));
    let headings = headings::compare(&headings::of(read), &headings::of(truth.source), &mut details);
    let pages = truth.pages.map(|pages| pages::compare(read, pages, &mut details));
    Measured { report: Report { words, plain_words, headings, pages }, details }
}

/// A share of a whole, in four digits.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pathwright_reader::{Block, DocumentSection};

    fn book(sections: &[(u8, &str, &str)]) -> Vec<Document> {
        let section = |(level, title, text): &(u8, &str, &str)| DocumentSection {
            level: *level,
            title: (*title).to_owned(),
            blocks: vec![Block::Page(1), Block::Prose((*text).to_owned())],
            ..DocumentSection::default()
        };
        vec![Document { sections: sections.iter().map(section).collect(), ..Document::default() }]
    }

    #[test]
    fn a_book_read_whole_misses_nothing() {
        let book = book(&[(1, "One", "first words of $x^2$ a book"), (2, "Two", "and more")]);
        let pages =
            ["One first words of x 2 a book", "Two and more"].map(|page| page.split(' ').map(String::from).collect());
        let truth = Truth { source: &book, plain: Some("One first words of a book Two and more"), pages: Some(&pages) };
        let Measured { report, details } = compare(&book, &truth);
        assert_eq!((report.words.recovered, report.words.surplus), (1.0, 0.0));
        assert_eq!((report.headings.recovered, report.plain_words.unwrap().recovered), (1.0, 1.0));
        let pages = report.pages.unwrap();
        assert_eq!((pages.passages, pages.right), (2, 0.5), "{details:?}");
        assert_eq!(details, [Detail::WrongPage { page: Some(1), text: "and more".into() }]);
    }

    #[test]
    fn what_is_lost_and_what_is_too_much_is_counted_and_told() {
        let source = book(&[(1, "One", "alpha beta beta"), (2, "Two", "gamma")]);
        let read = book(&[(1, "One", "alpha beta beta page 17"), (1, "Two", "gamma")]);
        let Measured { report, details } = compare(&read, &Truth { source: &source, plain: None, pages: None });
        assert_eq!((report.words.recovered, report.words.surplus), (1.0, 0.25));
        assert_eq!((report.headings.recovered, report.headings.titles_recovered), (0.5, 1.0));
        assert!(details.contains(&Detail::SurplusWord { word: "page".into(), times: 1 }));
        assert!(details.contains(&Detail::MissingHeading { level: 2, title: "two".into() }));
    }
}
