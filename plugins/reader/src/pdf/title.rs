use hayro_syntax::Pdf;
use hayro_syntax::object::Stream;
use roxmltree::{Document as Xml, Node};

use super::flow::{Body, Placed};
use super::letters::clean;
use super::objects::{catalog, text_of};

/// Longer metadata is not read.
const MOST_BYTES: usize = 1 << 20;

/// Title and author as the file's metadata give them, where they are more than a file's name.
pub fn metadata(pdf: &Pdf) -> (Option<String>, Option<String>) {
    let info = pdf.metadata();
    let text = |bytes: &Option<Box<[u8]>>| bytes.as_deref().map(text_of);
    let xmp = xmp(pdf);
    let title = text(&info.title).and_then(sensible).or_else(|| sensible(from_xmp(xmp.as_deref()?, "title")?));
    let author = text(&info.author).and_then(sensible).or_else(|| sensible(from_xmp(xmp.as_deref()?, "creator")?));
    (title, author)
}

fn xmp(pdf: &Pdf) -> Option<String> {
    let stream = catalog(pdf)?.get::<Stream<'_>>("Metadata")?;
    let bytes = stream.decoded_data().ok().filter(|bytes| bytes.len() < MOST_BYTES)?;
    String::from_utf8(bytes.into_owned()).ok()
}

fn from_xmp(xmp: &str, name: &str) -> Option<String> {
    let xml = Xml::parse(xmp.trim_start_matches('\u{feff}')).ok()?;
    let dublin_core = "http://purl.org/dc/elements/1.1/";
    let node = xml.descendants().find(|node| node.has_tag_name((dublin_core, name)))?;
    let texts: Vec<&str> =
        node.descendants().filter(Node::is_text).filter_map(|inner| inner.text()).map(str::trim).collect();
    let mut texts: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    // A title may be given in several languages, the first by default.
    texts.truncate(if name == "title" { 1 } else { 10 });
    Some(texts.join(", "))
}

/// Programs write file names, their own names, or nothing much into the title.
fn sensible(text: String) -> Option<String> {
    let text = pathwright_api::text::squeeze(&clean(&text));
    let text = text.strip_prefix("Microsoft Word - ").unwrap_or(&text);
    let lower = text.to_lowercase();
    let file =
        [".dvi", ".tex", ".doc", ".docx", ".pdf", ".indd", ".qxd", ".ps", ".html", ".md", ".rtf", ".txt", ".typ"];
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let nothing = ["untitled", "title", "unknown", "anonymous", "author", "user", "none", "presentation"]
        .contains(&lower.as_str());
    let is_file =
        file.iter().any(|ending| lower.ends_with(ending)) || text.contains(":\\") || lower.starts_with("file:");
    (letters > 1 && text.len() < 300 && !nothing && !is_file && !lower.starts_with("untitled")).then(|| text.to_owned())
}

/// The largest text of the first pages.
pub fn printed(flow: &[Placed], body: &Body) -> Option<String> {
    let front = || flow.iter().filter(|placed| placed.page < 3 && placed.line.chars() > 2);
    let has_letters = |placed: &&Placed| placed.line.text.chars().filter(|c| c.is_alphabetic()).count() > 2;
    let largest = front().filter(has_letters).map(|placed| placed.line.size).max_by(f32::total_cmp)?;
    let page = front().find(|placed| placed.line.size > largest - 0.5)?.page;
    let large = front().filter(|placed| placed.page == page && placed.line.size > largest - 0.5).take(4);
    let title = large.map(|placed| placed.line.text.as_str()).collect::<Vec<_>>().join(" ");
    (largest > 1.25 * body.size && title.chars().count() < 200).then_some(title).and_then(sensible)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_no_title() {
        let title = |text: &str| sensible(text.to_owned());
        assert_eq!(title("  On\n trees "), Some("On trees".into()));
        assert_eq!(title("Microsoft Word - Report"), Some("Report".into()));
        assert_eq!((title("apssamp.dvi"), title("Untitled 2"), title("C:\\x"), title("12")), (None, None, None, None));
    }

    #[test]
    fn metadata_packets_are_read() {
        let xmp = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
            xmlns:dc='http://purl.org/dc/elements/1.1/'><rdf:Description><dc:creator><rdf:Seq><rdf:li>Ada</rdf:li> \
            <rdf:li>Bob</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>";
        assert_eq!(from_xmp(xmp, "creator").as_deref(), Some("Ada, Bob"));
        assert_eq!(from_xmp("<broken", "creator"), None);
    }
}
