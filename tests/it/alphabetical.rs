use actix::{Actor, Context, Handler};
use pathwright_api::Failure;
use pathwright_api::messages::{Sequence, Sequenced};
use pathwright_api::path::{PathOrigin, PathTopic, Stage};
use pathwright_api::plugin::{Ask, Plugin, PluginInit, SequencerHandles};
use pathwright_api::topic::Topic;
use serde::Deserialize;

/// Everything in one stage, from A to Z.
pub struct Alphabetical {
    config: Config,
}

#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The name of the one stage.
    stage: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { stage: "Everything".to_owned() }
    }
}

impl Plugin for Alphabetical {
    const NAME: &'static str = "alphabetical";
    const VERSION: &'static str = "1.0.0";
    type Config = Config;
    type Handles = SequencerHandles;

    fn start(init: PluginInit<Config>) -> Result<SequencerHandles, Failure> {
        let address = Self::start_in_arbiter(&init.arbiter, move |context: &mut Context<Self>| {
            context.set_mailbox_capacity(init.mailbox_capacity);
            Self { config: init.config }
        });
        Ok(SequencerHandles { sequence: address.recipient() })
    }
}

impl Actor for Alphabetical {
    type Context = Context<Self>;
}

/// A plain handler: sorting sixty titles takes microseconds.
impl Handler<Ask<Sequence>> for Alphabetical {
    type Result = Result<Sequenced, Failure>;

    fn handle(&mut self, Ask { question, .. }: Ask<Sequence>, _: &mut Context<Self>) -> Self::Result {
        // A stage without a topic is none.
        let stages = if question.topics.is_empty() { vec![] } else { vec![in_order(question, &self.config.stage)] };
        Ok(Sequenced { stages, origin: PathOrigin::Embedded, fallback_reason: None, set_aside: Vec::new() })
    }
}

/// The pure function, easy to test without an actor.
fn in_order(question: Sequence, name: &str) -> Stage {
    let mut topics: Vec<Topic> = question.topics.into_iter().map(|placed| placed.topic).collect();
    topics.sort_by(|a, b| a.title.cmp(&b.title));
    let hours: f32 = topics.iter().map(|topic| topic.hours).sum();
    Stage {
        name: name.to_owned(),
        goal: format!("Learn it all, for {}.", question.role),
        duration_weeks: (hours / question.hours_per_week as f32).ceil() as u32,
        topics: topics
            .into_iter()
            .map(|topic| PathTopic { hours: topic.hours, topic, prerequisites: vec![] })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix::Arbiter;
    use pathwright_api::job::RoleTemplates;
    use pathwright_api::messages::TopicToPlace;
    use pathwright_api::testing;
    use pathwright_api::topic::TopicMap;

    /// What the host does, in short.
    #[actix::test]
    async fn topics_come_from_a_to_z() {
        let topics = TopicMap::default();
        let general = "id = \"general\"\nname = \"General\"\ndescription = \"\"\nrole_type = \"general\"\n\
            seniority = \"MID\"\nrequired = []";
        let init = PluginInit {
            config: Config::default(),
            arbiter: Arbiter::current(),
            mailbox_capacity: 16,
            ports: testing::ports(vec![]),
            templates: RoleTemplates::parse([("general.toml", general)], &topics).unwrap().into(),
            topics: topics.into(),
        };
        let handles = <Alphabetical as Plugin>::start(init).unwrap();
        let place = |title| TopicToPlace { topic: Topic::unknown(title), weight: 1.0, passages: Vec::new() };
        let question =
            Sequence { topics: vec![place("Zebras"), place("Apes")], hours_per_week: 6, role: "a zoo keeper".into() };
        let answer = handles.sequence.send(Ask::new(question)).await.unwrap().unwrap();
        assert_eq!(answer.stages[0].topics[0].topic.title, "Apes");
        assert_eq!(answer.stages[0].duration_weeks, 2);
    }
}
