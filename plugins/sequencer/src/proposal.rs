use std::collections::BTreeSet;

use garde::Validate;
use pathwright_api::Failure;
use pathwright_api::llm::Prompt;
use pathwright_api::path::Stage;
use pathwright_api::plain::is_plain;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Config;
use crate::graph::Graph;
use crate::repair::{Group, Repaired, repair};
use crate::stages::stages;

const NAME_CHARS: usize = 60;
const WHY_CHARS: usize = 200;

/// An order for the numbered topics.
#[derive(Clone, Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// In the order to learn them.
    #[garde(length(max = 60), dive)]
    pub stages: Vec<ProposedStage>,
    /// Further prerequisites among the topics, beyond those that are known.
    #[garde(length(max = 120), dive)]
    pub needs: Vec<Need>,
}

/// Topics that belong together.
#[derive(Clone, Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ProposedStage {
    /// What the stage is about.
    #[garde(length(chars, max = NAME_CHARS))]
    pub name: String,
    /// Why the stage comes where it does, in one sentence.
    #[garde(length(chars, max = WHY_CHARS))]
    pub why: String,
    /// Numbers of topics, in the order to learn them.
    #[garde(length(max = 60))]
    pub topics: Vec<u32>,
}

/// One topic cannot be learnt without another.
#[derive(Clone, Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Number of the topic that comes later.
    #[garde(skip)]
    pub topic: u32,
    /// Number of the topic that comes first.
    #[garde(skip)]
    pub requires: u32,
}

impl Proposal {
    /// The stages this comes to once it is checked and mended. A name or a reason that cannot be shown gives way to the
    /// embedded rules'.
    ///
    /// Fails as [`repair`] does.
    pub fn checked(
        &self,
        prompt: &Prompt,
        graph: &Graph,
        hours_per_week: u32,
        role: &str,
        config: &Config,
    ) -> Result<Vec<Stage>, Failure> {
        let Repaired { graph, groups } = repair(self, graph, config.max_topics)?;
        let topics: Vec<Vec<usize>> = groups.iter().map(|group| group.topics.clone()).collect();
        let mut stages = stages(&graph, &topics, hours_per_week, role);
        self.describe(&mut stages, &groups, prompt);
        Ok(stages)
    }

    fn describe(&self, stages: &mut [Stage], groups: &[Group], prompt: &Prompt) {
        let mut taken = BTreeSet::new();
        for (stage, group) in stages.iter_mut().zip(groups) {
            let Some(proposed) = group.stage.and_then(|at| self.stages.get(at)) else {
                continue;
            };
            // Two stages of one name could not be told apart.
            if let Some(name) = fit(&proposed.name, NAME_CHARS, prompt).filter(|name| taken.insert(*name)) {
                name.clone_into(&mut stage.name);
            }
            if let Some(why) = fit(&proposed.why, WHY_CHARS, prompt) {
                why.clone_into(&mut stage.goal);
            }
        }
    }
}

/// The text, if it can be shown as it is.
fn fit<'t>(text: &'t str, max_chars: usize, prompt: &Prompt) -> Option<&'t str> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= max_chars && is_plain(text) && !prompt.is_echoed_in(text);
    fits.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{any_proposal, asked, graph, ids, place, proposal, world};
    use pathwright_api::ErrorCode;
    use pathwright_api::llm::Shape;
    use pathwright_api::messages::TopicToPlace;
    use pathwright_api::path::PrerequisiteOrigin;
    use pathwright_api::topic::TopicMap;
    use proptest::prelude::*;
    use serde_json::json;

    fn checked(proposal: &Proposal, graph: &Graph) -> Result<Vec<Stage>, Failure> {
        proposal.checked(&asked(graph), graph, 6, "the job", &Config::default())
    }

    fn path(proposal: &Proposal, map: &TopicMap, topics: Vec<TopicToPlace>) -> Result<Vec<Stage>, Failure> {
        let prompt = Prompt { system: "You order learning paths.".to_owned(), user: String::new() };
        proposal.checked(&prompt, &crate::fixtures::graph_of(topics, map), 6, "the job", &Config::default())
    }

    #[test]
    fn names_and_reasons_are_the_models() {
        let stages = checked(&proposal(&[vec![3, 1], vec![2]], &[(2, 3)]), &graph(&[vec![], vec![0], vec![]])).unwrap();
        assert_eq!((stages[0].name.as_str(), stages[0].goal.as_str()), ("Stage 1", "Comes as number 1."));
        assert_eq!((stages[1].name.as_str(), stages[1].duration_weeks), ("Stage 2", 1));
        let origins: Vec<_> = stages[1].topics[0].prerequisites.iter().map(|needed| needed.origin).collect();
        assert_eq!(origins, [PrerequisiteOrigin::TopicMap, PrerequisiteOrigin::LanguageModel]);
    }

    #[test]
    fn names_and_reasons_that_cannot_be_shown_give_way_to_the_embedded_ones() {
        let graph = graph(&[vec![], vec![]]);
        let echo = "Beyond that, topics that matter most for the job come early";
        for unfit in ["", "  ", "<b>Basics</b>", "see https://example.org", echo, &"x".repeat(201)] {
            let mut proposal = proposal(&[vec![2, 1]], &[]);
            unfit.clone_into(&mut proposal.stages[0].name);
            unfit.clone_into(&mut proposal.stages[0].why);
            let stage = checked(&proposal, &graph).unwrap().remove(0);
            assert_eq!(stage.name, "A", "{unfit}");
            assert_eq!(stage.goal, "Learn Number0x: the core of what the job asks for.", "{unfit}");
        }
    }

    #[test]
    fn a_name_stands_for_one_stage() {
        let mut twice = proposal(&[(1..=8).collect(), vec![9]], &[]);
        "Stage 1".clone_into(&mut twice.stages[1].name);
        let stages = checked(&twice, &graph(&vec![vec![]; 9])).unwrap();
        let names: BTreeSet<&str> = stages.iter().map(|stage| stage.name.as_str()).collect();
        assert_eq!((stages.len(), names.len(), stages[0].name.as_str()), (3, 3, "Stage 1"));
        assert_ne!(stages[1].goal, stages[0].goal);
    }

    #[test]
    fn the_bounds_hold_and_stand_in_the_schema() {
        let shape = Shape::of::<Proposal>("path_order");
        let answer = |name: &str, needs: usize| {
            let needs = vec![json!({ "topic": 2, "requires": 1 }); needs];
            json!({ "stages": [{ "name": name, "why": "", "topics": [1, 2] }], "needs": needs })
        };
        assert_eq!((shape.check)(&answer(&"é".repeat(60), 120)), Ok(()));
        assert!((shape.check)(&answer(&"é".repeat(61), 0)).unwrap_err().contains("stages[0].name"));
        assert!((shape.check)(&answer("", 121)).unwrap_err().contains("needs"));
        assert!((shape.check)(&json!({ "stages": [], "needs": [], "weeks": 3 })).is_err());
        let stage = &shape.schema["properties"]["stages"]["items"]["properties"];
        assert_eq!((&stage["name"]["maxLength"], &stage["topics"]["maxItems"]), (&json!(60), &json!(60)));
    }

    proptest! {
        #[test]
        fn whatever_is_proposed_every_topic_stands_once_and_behind_what_it_requires(
            (map, chosen) in world(), proposal in any_proposal(),
        ) {
            let Ok(stages) = path(&proposal, &map, place(&map, &chosen)) else { return Ok(()) };
            let order = ids(&stages);
            prop_assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), chosen.len());
            prop_assert_eq!(order.len(), chosen.len());
            for (at, topic) in stages.iter().flat_map(|stage| &stage.topics).enumerate() {
                let needed = map.all_prerequisites(&topic.topic.id);
                prop_assert!(order[at..].iter().all(|later| !needed.contains(later)));
                prop_assert!(topic.prerequisites.iter().all(|needed| order[..at].contains(&needed.topic_id)));
            }
        }

        #[test]
        fn whatever_is_proposed_stages_are_of_sensible_size((map, chosen) in world(), proposal in any_proposal()) {
            for stage in path(&proposal, &map, place(&map, &chosen)).unwrap_or_default() {
                prop_assert!((1..=7).contains(&stage.topics.len()));
                prop_assert!(stage.duration_weeks >= 1 && !stage.name.is_empty() && !stage.goal.is_empty());
            }
        }

        #[test]
        fn the_same_proposal_comes_to_the_same_stages((map, chosen) in world(), proposal in any_proposal()) {
            let mut reversed = chosen.clone();
            reversed.reverse();
            let stages = path(&proposal, &map, place(&map, &chosen));
            prop_assert_eq!(&stages, &path(&proposal, &map, place(&map, &reversed)));
        }

        #[test]
        fn only_an_order_of_fewer_than_half_of_the_topics_is_refused(
            (map, chosen) in world(), proposal in any_proposal(),
        ) {
            let known = |topic: &&u32| (1..=chosen.len() as u32).contains(*topic);
            let placed: BTreeSet<&u32> = proposal.stages.iter().flat_map(|stage| &stage.topics).filter(known).collect();
            let refused = path(&proposal, &map, place(&map, &chosen)).err().map(|failure| failure.code);
            prop_assert_eq!(refused, (placed.len() * 2 < chosen.len()).then_some(ErrorCode::ModelAnswerInvalid));
        }
    }
}
