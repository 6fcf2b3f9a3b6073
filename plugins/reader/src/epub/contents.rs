use std::collections::HashMap;

use roxmltree::Node;

use super::archive::Archive;
use super::markup::number_at_end;
use super::package::{Package, named, parse, text_of};
use super::path::{name, resolve};
use super::tokens::{Token, decode, tokens};

/// Entries nested more deeply stand as deep as this.
const DEEPEST: u8 = 12;

/// What the book's own table of contents says: its headings with their levels, what its files are, where its pages
/// begin.
#[derive(Debug, Default)]
pub struct Contents {
    /// By file, in the order of the book.
    pub headings: HashMap<String, Vec<Entry>>,
    /// By file: `cover`, `toc`, `index`, `glossary`.
    pub landmarks: HashMap<String, String>,
    /// By place, named as sections name each other.
    pub pages: HashMap<String, u32>,
}

/// A line of the table of contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From 1, as it is nested.
    pub level: u8,
    pub title: String,
    /// In its file; none for the file as a whole.
    pub place: Option<String>,
}

impl Contents {
    /// Out of EPUB 3's file, else out of EPUB 2's; a book without one, or with a broken one, is read by its own
    /// headings.
    pub fn read(archive: &mut Archive<'_>, package: &Package) -> Self {
        let mut contents = Self::default();
        if let Some(path) = &package.nav
            && let Ok(text) = archive.xml(path)
        {
            contents.add_nav(path, &text);
        }
        if let Some(path) = &package.ncx
            && let Ok(text) = archive.xml(path)
        {
            contents.add_ncx(path, &text);
        }
        contents
    }

    fn add_nav(&mut self, path: &str, text: &str) {
        let mut reader = NavReader {
            path,
            contents: self,
            kind: None,
            depth: 0,
            link: None,
            text: String::new(),
            waiting: Vec::new(),
        };
        for token in tokens(text) {
            reader.token(&token);
        }
    }

    fn add_ncx(&mut self, path: &str, text: &str) {
        let Ok(xml) = parse(text) else {
            return;
        };
        let has_headings = !self.headings.is_empty();
        for point in named(&xml, "navPoint").filter(|_| !has_headings) {
            let level =
                point.ancestors().filter(|above| above.tag_name().name() == "navPoint").take(DEEPEST.into()).count();
            if let Some((label, (file, place))) = labelled(point, path) {
                let entry = Entry { level: level as u8, title: label, place };
                self.headings.entry(file).or_default().push(entry);
            }
        }
        for target in named(&xml, "pageTarget") {
            if let Some((label, target)) = labelled(target, path) {
                self.add_page(&label, &target);
            }
        }
    }

    fn add_page(&mut self, label: &str, (file, place): &(String, Option<String>)) {
        if let Some(number) = number_at_end(label) {
            self.pages.entry(name(file, place.as_deref())).or_insert(number);
        }
    }
}

type Target = (String, Option<String>);

fn labelled(point: Node<'_, '_>, path: &str) -> Option<(String, Target)> {
    let child = |name: &str| point.children().find(|child| child.tag_name().name() == name);
    let target = resolve(path, child("content")?.attribute("src")?)?;
    Some((text_of(child("navLabel")?), target))
}

/// Goes through `nav.xhtml`: lists in lists of links.
struct NavReader<'a> {
    path: &'a str,
    contents: &'a mut Contents,
    /// What the list that is open is of: `toc`, `landmarks`, `page-list`.
    kind: Option<&'static str>,
    depth: u8,
    /// Where the open link leads, and what it is called in a list of landmarks.
    link: Option<(Option<Target>, String)>,
    text: String,
    /// Titles without a link: they stand above the next one that has one.
    waiting: Vec<(u8, String)>,
}

impl NavReader<'_> {
    fn token(&mut self, token: &Token<'_>) {
        match token {
            Token::Start(tag) if tag.name == "nav" => {
                self.kind = ["toc", "landmarks", "page-list"]
                    .into_iter()
                    .find(|kind| tag.is_typed(&[kind]) || tag.is_typed(&[&kind.replace('-', "")]));
                self.depth = 0;
            }
            Token::End(name) if name == "nav" => self.kind = None,
            _ if self.kind.is_none() => {}
            Token::Start(tag) if tag.name == "ol" => self.depth = (self.depth + 1).min(DEEPEST),
            Token::End(name) if name == "ol" => self.depth = self.depth.saturating_sub(1),
            Token::Start(tag) if matches!(tag.name.as_str(), "a" | "span") && self.depth > 0 && self.link.is_none() => {
                let target = tag.attribute("href").and_then(|href| resolve(self.path, href));
                self.link = Some((target, tag.attribute("epub:type").unwrap_or_default().to_lowercase()));
                self.text.clear();
            }
            Token::Text(text) if self.link.is_some() => self.text.push_str(&decode(text)),
            Token::End(name) if matches!(name.as_str(), "a" | "li") => self.end_link(),
            Token::End(name) if name == "span" && self.link.as_ref().is_some_and(|(target, _)| target.is_none()) => {
                self.end_link();
            }
            _ => {}
        }
    }

    fn end_link(&mut self) {
        let Some((target, landmark)) = self.link.take() else {
            return;
        };
        let title = pathwright_api::text::squeeze(&self.text);
        match (self.kind, target) {
            (Some("toc"), Some((file, place))) => {
                let above = std::mem::take(&mut self.waiting);
                let headings = self.contents.headings.entry(file).or_default();
                let entry = |(level, title)| Entry { level, title, place: place.clone() };
                headings.extend(above.into_iter().chain([(self.depth, title)]).map(entry));
            }
            (Some("toc"), None) if !title.is_empty() => self.waiting.push((self.depth, title)),
            (Some("landmarks"), Some((file, None))) => {
                self.contents.landmarks.insert(file, landmark);
            }
            (Some("page-list"), Some(target)) => self.contents.add_page(&title, &target),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(level: u8, title: &str, place: Option<&str>) -> Entry {
        Entry { level, title: title.into(), place: place.map(str::to_owned) }
    }

    #[test]
    fn a_nav_gives_levels_landmarks_and_pages() {
        let mut contents = Contents::default();
        contents.add_nav(
            "x/nav.xhtml",
            "<nav epub:type='toc'><h1>Contents</h1><ol><li><span>Part I</span><ol><li><a href='1.xhtml'>One &amp; <b>all</b></a>
            <ol><li><a href='1.xhtml#s'><span>Deep</span></a></li></ol></li></ol></li></ol></nav>
            <nav epub:type='landmarks'><ol><li><a epub:type='cover' href='c.xhtml'>Cover</a></li></ol></nav>
            <nav epub:type='page-list'><ol><li><a href='1.xhtml#p'>12</a></li><li><a href='1.xhtml#q'>xii</a></li></ol></nav>",
        );
        let expected = [entry(1, "Part I", None), entry(2, "One & all", None), entry(3, "Deep", Some("s"))];
        assert_eq!(contents.headings["x/1.xhtml"], expected);
        assert_eq!(contents.landmarks["x/c.xhtml"], "cover");
        assert_eq!(contents.pages.into_iter().collect::<Vec<_>>(), [("x/1.xhtml#p".to_owned(), 12)]);
    }

    #[test]
    fn an_ncx_gives_levels_and_pages() {
        let mut contents = Contents::default();
        let point = |src: &str, inner: &str| {
            format!("<navPoint><navLabel><text>{src}</text></navLabel><content src='{src}'/>{inner}</navPoint>")
        };
        let map = point("a.html", &point("a.html#s", ""));
        let pages = "<pageList><pageTarget><navLabel><text>Page 3</text></navLabel><content src='a.html#p3'/></pageTarget></pageList>";
        contents.add_ncx("toc.ncx", &format!("<ncx><navMap>{map}</navMap>{pages}</ncx>"));
        assert_eq!(contents.headings["a.html"], [entry(1, "a.html", None), entry(2, "a.html#s", Some("s"))]);
        assert_eq!(contents.pages["a.html#p3"], 3);
    }
}
