use std::collections::BTreeMap;

use pathwright_api::Failure;
use serde::Deserialize;

use super::Store;

/// How much there is to read under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The section's id.
    pub section: String,
    pub words: u32,
    /// The pages its first and its last passage begin on, where the format has pages.
    pub first_page: Option<u32>,
    pub last_page: Option<u32>,
}

/// What is read of a passage; its text stays in the database.
#[derive(Deserialize)]
struct ExtentRow {
    section: String,
    page: Option<u32>,
    words: u32,
}

impl Store {
    /// How much there is to read in each of these sections; those without passages are left out.
    pub async fn extents_of_sections(&self, sections: &[String]) -> Result<Vec<Extent>, Failure> {
        // Not of editions that are on their way in or out.
        let text = "LET $editions = (SELECT VALUE content_hash FROM book);
            SELECT section, page, array::len(string::words(text)) AS words FROM passage
                WHERE section IN $sections AND (edition IN $editions OR next.edition IN $editions)";
        let rows = self.query(text).bind("sections", sections).run().await?.rows(1)?;
        Ok(extents(rows))
    }
}

fn extents(rows: Vec<ExtentRow>) -> Vec<Extent> {
    let mut extents: BTreeMap<String, Extent> = BTreeMap::new();
    for ExtentRow { section, page, words } in rows {
        let empty = Extent { section: section.clone(), words: 0, first_page: None, last_page: None };
        let extent = extents.entry(section).or_insert(empty);
        extent.words += words;
        extent.first_page = extent.first_page.into_iter().chain(page).min();
        extent.last_page = extent.last_page.max(page);
    }
    extents.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_as_long_as_its_passages_and_ends_where_the_last_one_begins() {
        let row = |page, words| ExtentRow { section: "s".into(), page, words };
        let extent = extents(vec![row(Some(7), 150), row(Some(5), 100), row(None, 50)]).remove(0);
        assert_eq!((extent.words, extent.first_page, extent.last_page), (300, Some(5), Some(7)));
    }
}
