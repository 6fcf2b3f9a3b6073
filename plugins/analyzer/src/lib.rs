//! Posting in, job profile out: by rules that know the topics of the topic map and nothing else, or by a language model whose
//! answer is held against the posting and merged with what the rules find. Reading order:

/// The actor that needs no model: a mailbox around [`profile::read_profile`].
mod actor;
/// Settings of the plugin.
pub mod config;
/// Topics and tools as a posting mentions them.
mod findings;
/// The headings of postings, in several languages.
mod headings;
/// Which topics a text mentions, and where.
pub mod mentions;
/// What the model read and what the rules found, put together.
pub mod merge;
/// The actor that asks a language model.
mod model;
/// What tools and topics are called.
mod naming;
/// What a posting says it does not ask for.
mod negation;
/// Words that are the names of tools only at times.
mod ordinary;
/// Words and patterns looked up in texts of several languages.
mod patterns;
/// Phrases built as the names of skills are.
mod phrases;
/// The parts of a posting: what it asks for, what it would like, what is only company prose.
pub mod posting;
/// Putting the findings together as a profile.
pub mod profile;
/// The shape of a model's answer, and the posting it is held against.
pub mod reading;
/// Which role template a job is closest to.
mod role;
/// Seniority from title, years and wording.
mod seniority;
/// The library's own topics in a posting.
mod shelf;
/// The levels that a title names.
mod titles;
/// Skills that the topic map has never heard of.
mod unheard;
/// Years of experience a posting asks for.
mod years;

use include_dir::{Dir, include_dir};

pub use actor::EmbeddedAnalyzer;
pub use model::ModelAnalyzer;

static TOPICS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/topics");
static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The files of the built-in topic map: name and TOML text.
pub fn topic_files() -> Vec<(&'static str, &'static str)> {
    toml_files(&TOPICS)
}

/// The files of the built-in role templates: name and TOML text.
pub fn template_files() -> Vec<(&'static str, &'static str)> {
    toml_files(&TEMPLATES)
}

fn toml_files(folder: &'static Dir<'static>) -> Vec<(&'static str, &'static str)> {
    let named = folder.files().filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)));
    named.filter(|(name, _)| name.ends_with(".toml")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use pathwright_api::job::RoleTemplates;
    use pathwright_api::topic::TopicMap;

    #[test]
    fn the_built_in_map_is_large_sound_and_connected() {
        let map = TopicMap::parse(super::topic_files()).unwrap();
        assert!(map.len() >= 800, "{} topics", map.len());
        let required: HashSet<_> = map.iter().flat_map(|topic| &topic.requires).collect();
        let lonely = map.iter().filter(|topic| topic.requires.is_empty() && !required.contains(&topic.id)).count();
        assert!(lonely * 5 < map.len(), "{lonely} of {} topics have no edge", map.len());
    }

    #[test]
    fn the_built_in_templates_name_topics_of_the_map() {
        let map = TopicMap::parse(super::topic_files()).unwrap();
        let templates = RoleTemplates::parse(super::template_files(), &map).unwrap();
        let ids: Vec<_> = templates.iter().map(|template| template.id.as_str()).collect();
        assert_eq!(ids, ["general", "ml_engineer", "quant_researcher", "quant_trader", "risk_quant"]);
    }
}
