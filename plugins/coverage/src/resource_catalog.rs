use std::collections::{HashMap, HashSet};

use pathwright_api::coverage::{ExternalResource, ResourceKind};
use pathwright_api::topic::{Topic, TopicId};
use pathwright_api::{ErrorCode, Failure};
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::byte_serialize;

/// Sites whose own search finds open material on nearly anything; `{}` stands for the topic.
const SEARCHES: [(&str, &str); 3] = [
    ("MIT OpenCourseWare", "https://ocw.mit.edu/search/?q={}"),
    ("Wikipedia", "https://en.wikipedia.org/w/index.php?search={}"),
    ("arXiv", "https://arxiv.org/search/?query={}&searchtype=all"),
];

/// Curated resources by topic.
#[derive(Debug, Default)]
pub struct ResourceCatalog {
    entries: Vec<Entry>,
    /// Entries that teach a topic, the most specific first.
    by_topic: HashMap<TopicId, Vec<usize>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    title: String,
    url: Url,
    kind: ResourceKind,
    free: bool,
    /// Most specific first.
    topics: Vec<TopicId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResourceFile {
    #[serde(default)]
    resource: Vec<Entry>,
}

impl ResourceCatalog {
    /// Reads catalogue files (name, TOML text); the same address twice is a mistake.
    pub fn parse<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Result<Self, Failure> {
        let mut catalogue = Self::default();
        let mut addresses = HashSet::new();
        for (file, toml) in files {
            let refuse = |why: String| Failure::new(ErrorCode::InvalidInput, format!("{file}: {why}"));
            let parsed: ResourceFile = toml::from_str(toml).map_err(|error| refuse(error.to_string()))?;
            for entry in parsed.resource {
                if !matches!(entry.url.scheme(), "https" | "http") {
                    return Err(refuse(format!("{} is not a web address", entry.url)));
                }
                if !addresses.insert(entry.url.clone()) {
                    return Err(refuse(format!("{} is listed twice", entry.url)));
                }
                catalogue.entries.push(entry);
            }
        }
        catalogue.index();
        Ok(catalogue)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The topics that any entry teaches.
    pub fn topics(&self) -> impl Iterator<Item = &TopicId> {
        self.by_topic.keys()
    }

    /// Title and address of every entry, in the order of the files.
    pub fn addresses(&self) -> impl Iterator<Item = (&str, &Url)> {
        self.entries.iter().map(|entry| (entry.title.as_str(), &entry.url))
    }

    /// At most `limit` resources: curated ones that are not `failing` first, search links in the room that is left.
    pub fn find(&self, topic: &Topic, limit: usize, failing: &HashSet<String>) -> Vec<ExternalResource> {
        let curated = self.by_topic.get(&topic.id).into_iter().flatten().map(|at| self.entries[*at].resource());
        curated.filter(|resource| !failing.contains(&resource.url)).chain(searches(topic)).take(limit).collect()
    }

    fn index(&mut self) {
        for (at, entry) in self.entries.iter().enumerate() {
            for topic in &entry.topics {
                self.by_topic.entry(topic.clone()).or_default().push(at);
            }
        }
        for (topic, found) in &mut self.by_topic {
            found.sort_by_key(|at| self.entries[*at].rank(topic));
        }
    }
}

impl Entry {
    /// What a topic stands early in is about it more than what lists it last among many.
    fn rank(&self, topic: &TopicId) -> (usize, bool, usize) {
        let position = self.topics.iter().position(|id| id == topic).unwrap_or(usize::MAX);
        (position, !self.free, self.topics.len())
    }

    fn resource(&self) -> ExternalResource {
        ExternalResource { title: self.title.clone(), url: self.url.to_string(), kind: self.kind, free: self.free }
    }
}

fn searches(topic: &Topic) -> impl Iterator<Item = ExternalResource> {
    let words: String = byte_serialize(topic.title.as_bytes()).collect();
    let title = topic.title.clone();
    SEARCHES.into_iter().map(move |(site, template)| ExternalResource {
        title: format!("Search {site} for “{title}”"),
        url: template.replace("{}", &words),
        kind: ResourceKind::Search,
        free: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_is_sound() {
        let catalogue = ResourceCatalog::parse(crate::resource_files()).unwrap();
        assert!(catalogue.len() >= 150, "{} entries", catalogue.len());
        assert!(catalogue.entries.iter().all(|entry| !entry.topics.is_empty() && !entry.title.is_empty()));
    }

    #[test]
    fn curated_entries_that_answer_come_before_searches_and_words_are_escaped() {
        let file = r#"
            [[resource]]
            title = "Broad"
            url = "https://broad.example/"
            kind = "book"
            free = true
            topics = ["algebra", "r-d"]
            [[resource]]
            title = "Narrow"
            url = "https://narrow.example/"
            kind = "book"
            free = true
            topics = ["r-d"]
        "#;
        let catalogue = ResourceCatalog::parse([("f", file)]).unwrap();
        let urls = |failing: &[&str]| -> Vec<String> {
            let failing = failing.iter().map(|url| (*url).to_owned()).collect();
            catalogue.find(&Topic::unknown("R&D"), 2, &failing).into_iter().map(|resource| resource.url).collect()
        };
        assert_eq!(urls(&[]), ["https://narrow.example/", "https://broad.example/"]);
        let without = urls(&["https://narrow.example/"]);
        assert_eq!(without, ["https://broad.example/", "https://ocw.mit.edu/search/?q=R%26D"], "the next ones move up");
    }

    #[test]
    fn only_web_addresses_are_taken() {
        let file =
            "[[resource]]\ntitle = \"X\"\nurl = \"javascript:alert(1)\"\nkind = \"book\"\nfree = true\ntopics = []";
        assert!(ResourceCatalog::parse([("f", file)]).is_err());
    }
}
