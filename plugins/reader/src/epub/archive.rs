use std::collections::HashMap;
use std::io::{Cursor, Read};

use zip::ZipArchive;

/// Entries beyond which an archive is no book.
const MOST_ENTRIES: usize = 20_000;
/// Bytes of one entry, inflated.
const LARGEST_ENTRY: u64 = 16 << 20;
/// Bytes of all entries that are read, inflated.
const LARGEST_SUM: u64 = 64 << 20;
/// Text shrinks to a tenth; what shrinks to less than this is made to fill memory.
const HIGHEST_RATIO: u64 = 200;
/// Entries inflate to this size at any ratio.
const SMALL: u64 = 1 << 20;

/// A zip whose entries are only read, by the name they have inside, and never further than the limits.
pub struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// Names without case, for packages that spell them otherwise than the archive.
    folded: HashMap<String, usize>,
    left: u64,
}

impl<'a> Archive<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| format!("is no zip archive: {error}"))?;
        if zip.len() > MOST_ENTRIES {
            return Err(format!("is an archive of {} files; a book has no more than {MOST_ENTRIES}", zip.len()));
        }
        let names = (0..zip.len()).filter_map(|at| Some((zip.name_for_index(at)?.ok()?.to_lowercase(), at)));
        let folded = names.collect();
        Ok(Self { zip, folded, left: LARGEST_SUM })
    }

    /// The entry's place, by its exact name or by one that differs in case only.
    fn place(&self, name: &str) -> Option<usize> {
        self.zip.index_for_name(name).or_else(|| self.folded.get(&name.to_lowercase()).copied())
    }

    pub fn holds(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    /// The bytes of the entry of this name. The size that the archive declares is not trusted.
    pub fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        let place = self.place(name).ok_or("is not in the archive")?;
        let entry = self.zip.by_index(place).map_err(|error| format!("cannot be taken out of the archive: {error}"))?;
        let by_ratio = entry.compressed_size().saturating_mul(HIGHEST_RATIO).max(SMALL);
        let most = LARGEST_ENTRY.min(by_ratio).min(self.left);
        let mut bytes = Vec::new();
        let read = entry.take(most + 1).read_to_end(&mut bytes);
        self.left = self.left.saturating_sub(bytes.len() as u64);
        read.map_err(|error| format!("is damaged: {error}"))?;
        if bytes.len() as u64 > most {
            return Err(format!("inflates to more than {most} bytes, which no chapter does"));
        }
        Ok(bytes)
    }

    /// An XML file of the archive as text, without its document type: nothing here needs one, and entities can be
    /// bombs.
    pub fn xml(&mut self, name: &str) -> Result<String, String> {
        let text = super::encoding::decode(&self.read(name)?)?;
        Ok(without_document_type(&text))
    }
}

fn without_document_type(text: &str) -> String {
    let Some(start) = text.find("<!DOCTYPE") else {
        return text.to_owned();
    };
    let inner = &text[start..];
    let end = match (inner.find('['), inner.find('>')) {
        (Some(subset), Some(end)) if subset < end => inner.find("]>").map(|at| at + 2),
        (_, end) => end.map(|at| at + 1),
    };
    format!("{}{}", &text[..start], &inner[end.unwrap_or(inner.len())..])
}

#[cfg(test)]
mod tests {
    use super::super::testing::zipped;
    use super::*;

    #[test]
    fn entries_are_read_by_name_whatever_its_case() {
        let bytes = zipped(&[("OEBPS/Text/One.xhtml", b"one")]);
        let mut archive = Archive::open(&bytes).unwrap();
        assert_eq!(archive.read("oebps/text/one.xhtml").unwrap(), b"one");
        assert_eq!(archive.read("../OEBPS/Text/One.xhtml"), Err("is not in the archive".to_owned()));
    }

    #[test]
    fn a_bomb_is_put_down_after_its_first_megabyte() {
        let bytes = zipped(&[("bomb", &vec![0; 4 << 20])]);
        let refused = Archive::open(&bytes).unwrap().read("bomb").unwrap_err();
        assert!(refused.contains("inflates to more than 1048576 bytes"), "{refused}");
    }

    #[test]
    fn the_sum_of_all_that_is_read_is_bounded() {
        let bytes = zipped(&[("a", &[b'x'; 1000])]);
        let mut archive = Archive::open(&bytes).unwrap();
        archive.left = 1500;
        assert!(archive.read("a").is_ok());
        assert!(archive.read("a").unwrap_err().contains("more than 500 bytes"));
    }

    #[test]
    fn document_types_go_with_their_entities() {
        let bomb = "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'x'><!ENTITY c '&b;&b;'>]><a>&c;</a>";
        assert_eq!(without_document_type(bomb), "<?xml version='1.0'?><a>&c;</a>");
        assert_eq!(without_document_type("<!DOCTYPE ncx PUBLIC \"-//x\" \"y.dtd\"><ncx/>"), "<ncx/>");
        assert_eq!(without_document_type("<!DOCTYPE open"), "");
    }
}
