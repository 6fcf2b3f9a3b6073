use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// An archive of these files.
pub fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub fn container(package: &str) -> String {
    format!("<container><rootfiles><rootfile full-path='{package}'/></rootfiles></container>")
}

/// A book of these chapters, `1.xhtml` and so on, with this navigation.
pub fn book(chapters: &[&str], nav: &str) -> Vec<u8> {
    let names: Vec<String> = (1..=chapters.len()).map(|number| format!("{number}.xhtml")).collect();
    let items: String = names
        .iter()
        .map(|name| format!("<item id='c{name}' href='{name}' media-type='application/xhtml+xml'/>"))
        .collect();
    let spine: String = names.iter().map(|name| format!("<itemref idref='c{name}'/>")).collect();
    let package = format!(
        "<package xmlns:dc='http://purl.org/dc/elements/1.1/'><metadata><dc:title>Tides</dc:title></metadata><manifest>\
         <item id='nav' href='nav.xhtml' properties='nav' media-type='application/xhtml+xml'/>{items}</manifest>\
         <spine><itemref idref='nav'/>{spine}</spine></package>"
    );
    let container = container("book.opf");
    let mut files = vec![
        ("META-INF/container.xml", container.as_bytes()),
        ("book.opf", package.as_bytes()),
        ("nav.xhtml", nav.as_bytes()),
    ];
    files.extend(names.iter().map(String::as_str).zip(chapters.iter().map(|chapter| chapter.as_bytes())));
    zipped(&files)
}
