use std::collections::{HashMap, HashSet};

use roxmltree::{Document as Xml, Node, ParsingOptions};

use super::archive::Archive;
use super::path::resolve;

/// Elements and texts of one XML file beyond which it is not read.
const MOST_NODES: u32 = 1_000_000;

/// What the package document says about the book.
#[derive(Debug, Default)]
pub struct Package {
    pub title: Option<String>,
    pub author: Option<String>,
    /// The chapters' paths in reading order, each once.
    pub spine: Vec<String>,
    /// EPUB 3's table of contents.
    pub nav: Option<String>,
    /// EPUB 2's table of contents.
    pub ncx: Option<String>,
    /// What EPUB 2's guide says a file is: `cover`, `toc`, `index`.
    pub guide: HashMap<String, String>,
}

impl Package {
    pub fn read(archive: &mut Archive<'_>) -> Result<Self, String> {
        let path = package_path(archive)?;
        let text = archive.xml(&path).map_err(|reason| format!("cannot be read, because {path} {reason}"))?;
        let xml = parse(&text).map_err(|error| format!("cannot be read, because {path} is broken: {error}"))?;
        let package = Self::of(&xml, &path);
        if package.spine.is_empty() {
            return Err(format!("has no chapters: {path} lists none"));
        }
        refuse_encrypted(archive, &package.spine)?;
        Ok(package)
    }

    fn of(xml: &Xml<'_>, path: &str) -> Self {
        let items: HashMap<&str, Item> = named(xml, "item").filter_map(|node| Item::of(node, path)).collect();
        let with_property = |property: &str| {
            items.values().find(|item| item.properties.iter().any(|own| own == property)).map(|item| item.path.clone())
        };
        let by_type = || items.values().find(|item| item.media_type == "application/x-dtbncx+xml");
        let ncx = named(xml, "spine").find_map(|spine| items.get(spine.attribute("toc")?)).or_else(by_type);
        let references = named(xml, "reference").filter_map(|node| {
            Some((resolve(path, node.attribute("href")?)?.0, node.attribute("type")?.to_lowercase()))
        });
        Self {
            title: metadata(xml, "title").into_iter().next(),
            author: Some(metadata(xml, "creator").join(", ")).filter(|names| !names.is_empty()),
            spine: spine(xml, &items),
            nav: with_property("nav"),
            ncx: ncx.map(|item| item.path.clone()),
            guide: references.collect(),
        }
    }
}

struct Item {
    path: String,
    media_type: String,
    properties: Vec<String>,
}

impl Item {
    fn of<'a>(node: Node<'a, '_>, package: &str) -> Option<(&'a str, Self)> {
        let (path, _) = resolve(package, node.attribute("href")?)?;
        let properties = node.attribute("properties").unwrap_or_default().split_whitespace().map(str::to_owned);
        let media_type = node.attribute("media-type").unwrap_or_default().to_lowercase();
        Some((node.attribute("id")?, Self { path, media_type, properties: properties.collect() }))
    }

    fn is_text(&self) -> bool {
        let by_name =
            [".xhtml", ".html", ".htm", ".xml"].iter().any(|ending| self.path.to_lowercase().ends_with(ending));
        self.media_type.contains("html")
            || self.media_type == "text/x-oeb1-document"
            || (self.media_type.is_empty() && by_name)
    }
}

/// What is off the line is not read in passing, unless the book has nothing else.
fn spine(xml: &Xml<'_>, items: &HashMap<&str, Item>) -> Vec<String> {
    let listed: Vec<(bool, &str)> = named(xml, "itemref")
        .filter_map(|node| Some((node.attribute("linear") != Some("no"), items.get(node.attribute("idref")?)?)))
        .filter(|(_, item)| item.is_text())
        .map(|(linear, item)| (linear, item.path.as_str()))
        .collect();
    let any_linear = listed.iter().any(|(linear, _)| *linear);
    let mut seen = HashSet::new();
    let kept = listed.into_iter().filter(|(linear, path)| *linear == any_linear && seen.insert(*path));
    kept.map(|(_, path)| path.to_owned()).collect()
}

fn package_path(archive: &mut Archive<'_>) -> Result<String, String> {
    const CONTAINER: &str = "META-INF/container.xml";
    let text = archive.xml(CONTAINER).map_err(|reason| format!("is no EPUB: {CONTAINER} {reason}"))?;
    let xml = parse(&text).map_err(|error| format!("is no EPUB: {CONTAINER} is broken: {error}"))?;
    let path = named(&xml, "rootfile").find_map(|node| Some(resolve("", node.attribute("full-path")?)?.0));
    path.ok_or_else(|| format!("is no EPUB: {CONTAINER} names no package"))
}

/// Fonts may be scrambled; chapters that are encrypted cannot be read.
fn refuse_encrypted(archive: &mut Archive<'_>, spine: &[String]) -> Result<(), String> {
    const ENCRYPTION: &str = "META-INF/encryption.xml";
    if !archive.holds(ENCRYPTION) {
        return Ok(());
    }
    let text = archive.xml(ENCRYPTION).map_err(|reason| format!("is protected by DRM: {ENCRYPTION} {reason}"))?;
    let xml = parse(&text).map_err(|_| format!("is protected by DRM: {ENCRYPTION} is broken"))?;
    let encrypted: HashSet<String> =
        named(&xml, "CipherReference").filter_map(|node| Some(resolve("", node.attribute("URI")?)?.0)).collect();
    match spine.iter().filter(|path| encrypted.contains(*path)).count() {
        0 => Ok(()),
        count => Err(format!("is protected by DRM: {count} of its {} chapters are encrypted", spine.len())),
    }
}

pub fn parse(text: &str) -> Result<Xml<'_>, roxmltree::Error> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Xml::parse_with_options(text, options)
}

/// Elements by their name, whatever their namespace: books mix them up.
pub fn named<'a, 'input>(xml: &'a Xml<'input>, name: &'static str) -> impl Iterator<Item = Node<'a, 'input>> {
    xml.descendants().filter(move |node| node.is_element() && node.tag_name().name() == name)
}

fn metadata(xml: &Xml<'_>, name: &'static str) -> Vec<String> {
    let in_metadata = |node: &Node<'_, '_>| node.ancestors().any(|above| above.tag_name().name() == "metadata");
    let texts = named(xml, name).filter(in_metadata).map(text_of);
    texts.filter(|text| !text.is_empty()).collect()
}

pub fn text_of(node: Node<'_, '_>) -> String {
    let texts: String = node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect();
    pathwright_api::text::squeeze(&texts)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{container, zipped};
    use super::*;

    fn package(opf: &str, more: &[(&str, &[u8])]) -> Result<Package, String> {
        let container = container("a/b.opf");
        let mut files = vec![("META-INF/container.xml", container.as_bytes()), ("a/b.opf", opf.as_bytes())];
        files.extend(more);
        Package::read(&mut Archive::open(&zipped(&files)).unwrap())
    }

    const OPF: &str = "<package xmlns='http://www.idpf.org/2007/opf' xmlns:dc='http://purl.org/dc/elements/1.1/'>
        <metadata><dc:title>Tides</dc:title><dc:creator>Ada</dc:creator><dc:creator>Bob</dc:creator></metadata>
        <manifest><item id='1' href='one.xhtml' media-type='application/xhtml+xml'/><item id='2' href='two%20b.xhtml' media-type='application/xhtml+xml'/>
        <item id='n' href='../nav.xhtml' properties='nav' media-type='application/xhtml+xml'/><item id='p' href='p.png' media-type='image/png'/>
        <item id='x' href='../../x.xhtml' media-type='application/xhtml+xml'/></manifest>
        <spine><itemref idref='2'/><itemref idref='1'/><itemref idref='2'/><itemref idref='n' linear='no'/><itemref idref='p'/><itemref idref='x'/></spine>
        <guide><reference type='cover' href='one.xhtml'/></guide></package>";

    #[test]
    fn the_spine_in_order_and_what_the_book_is_called() {
        let package = package(OPF, &[]).unwrap();
        assert_eq!((package.title.as_deref(), package.author.as_deref()), (Some("Tides"), Some("Ada, Bob")));
        assert_eq!(package.spine, ["a/two b.xhtml", "a/one.xhtml"]);
        assert_eq!((package.nav.as_deref(), package.guide["a/one.xhtml"].as_str()), (Some("nav.xhtml"), "cover"));
    }

    #[test]
    fn encrypted_chapters_are_refused_scrambled_fonts_are_not() {
        let encryption =
            |uri: &str| format!("<e xmlns='x'><CipherData><CipherReference URI='{uri}'/></CipherData></e>");
        let refused = package(OPF, &[("META-INF/encryption.xml", encryption("a/one.xhtml").as_bytes())]).unwrap_err();
        assert_eq!(refused, "is protected by DRM: 1 of its 2 chapters are encrypted");
        assert!(package(OPF, &[("META-INF/encryption.xml", encryption("a/font.otf").as_bytes())]).is_ok());
    }

    #[test]
    fn what_is_missing_or_broken_is_named() {
        let read = |files: &[(&str, &[u8])]| Package::read(&mut Archive::open(&zipped(files)).unwrap()).unwrap_err();
        assert_eq!(read(&[("a", b"")]), "is no EPUB: META-INF/container.xml is not in the archive");
        assert!(read(&[("META-INF/container.xml", b"<container/>")]).ends_with("names no package"));
        assert!(
            read(&[("META-INF/container.xml", container("../../etc/passwd").as_bytes())]).ends_with("names no package")
        );
        assert!(package("<package><spine/></package>", &[]).unwrap_err().starts_with("has no chapters"));
        assert!(package("<package>", &[]).unwrap_err().contains("a/b.opf is broken"));
        let bomb = "<!DOCTYPE p [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><package>&b;</package>";
        assert!(package(bomb, &[]).unwrap_err().contains("a/b.opf is broken"));
    }
}
