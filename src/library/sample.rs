use include_dir::{Dir, include_dir};
use pathwright_api::Failure;
use pathwright_reader::{BookFiles, Content, SourceFile, format_of};

use super::ingest::{Ingested, Librarian};

static SAMPLE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/library/sample");

impl Librarian {
    /// Puts the sample library in; books that are there already stay as they are.
    pub async fn ingest_sample(&self) -> Result<Vec<Ingested>, Failure> {
        let mut ingested = Vec::new();
        for folder in SAMPLE.dirs() {
            ingested.push(self.put(book(folder), |_| ()).await?);
        }
        Ok(ingested)
    }
}

fn book(folder: &'static Dir<'static>) -> BookFiles {
    let name = folder.path().display().to_string();
    let mut files: Vec<SourceFile> = folder
        .files()
        .filter_map(|file| {
            let name = file.path().file_name()?.to_str()?.to_owned();
            Some(SourceFile {
                format: format_of(file.path())?,
                name,
                content: Content::Memory(file.contents().to_vec()),
            })
        })
        .collect();
    files.sort_by_key(|file| (file.name != "index.md", file.name.clone()));
    BookFiles { source: format!("sample:{name}"), fallback_title: name, is_title_given: false, files, bad: Vec::new() }
}
