use super::Store;
use crate::domain::LearningPath;
use pathwright_api::Failure;

const FIELDS: &str = "*, record::id(id) AS id";

impl Store {
    pub async fn path(&self, id: &str) -> Result<Option<LearningPath>, Failure> {
        let text = format!("SELECT {FIELDS} FROM type::record('learning_path', $id)");
        self.query(text).bind("id", id).run().await?.row(0)
    }

    /// The path that a learner follows: the one that was made last, whatever the clock said then.
    pub async fn current_path(&self, user: &str) -> Result<Option<LearningPath>, Failure> {
        Ok(self.current_paths(&[user.to_owned()]).await?.into_iter().next())
    }

    /// The same for several learners, in no particular order.
    pub async fn current_paths(&self, users: &[String]) -> Result<Vec<LearningPath>, Failure> {
        let text = format!(
            "SELECT {FIELDS} FROM (SELECT VALUE current_path FROM $users.map(|$id| type::record('user', $id)) WHERE current_path != NONE)"
        );
        self.query(text).bind("users", users).run().await?.rows_that_fit(0)
    }

    /// A user's paths in the order they were made, the last one first; with `before`, those made before that one.
    pub async fn paths_of(&self, user: &str, before: Option<&str>, limit: usize) -> Result<Vec<LearningPath>, Failure> {
        let text = format!(
            "LET $all = (SELECT VALUE path FROM type::record('path_of', [$user, NONE]..=[$user, 0]));
             LET $from = IF $before = NULL {{ 0 }} ELSE {{ (array::find_index($all, $before) ?? array::len($all)) + 1 }};
             SELECT {FIELDS} FROM array::slice($all, $from, $from + $limit).map(|$id| type::record('learning_path', $id))"
        );
        self.query(text).bind("user", user).bind("before", before).bind("limit", limit).run().await?.rows_that_fit(2)
    }
}

#[cfg(test)]
mod tests {
    use pathwright_api::job::{JobTarget, RoleTemplates};
    use pathwright_api::topic::TopicMap;

    use super::super::{StoreUrl, migrate};
    use super::*;
    use crate::domain::User;
    use crate::domain::{Event, Generation, GenerationPurpose, GenerationState, GenerationStep, JobChange, Outcome};
    use chrono::Utc;
    use pathwright_api::path::PathOrigin;

    /// Makes a path and a generation of these ids, which say when the clock stood at which time.
    async fn make(store: &Store, id: &str) {
        let generation = Generation {
            id: format!("generation-{id}"),
            user: "ada".into(),
            purpose: GenerationPurpose::MakePath,
            target: JobTarget::default(),
            hours_per_week: 6,
            state: GenerationState::Queued,
            seq: 1,
            percent: 0,
            lease_owner: None,
            lease_until: None,
            path: None,
            error: None,
            created_at: Utc::now(),
        };
        let event = |seq, state, outcome| Event {
            generation: generation.id.clone(),
            seq,
            state,
            step: Some(GenerationStep::Persist),
            done: 1,
            total: 1,
            percent: 100,
            message: String::new(),
            at: Utc::now(),
            outcome,
        };
        let first = event(1, GenerationState::Queued, None);
        let new = User::new("ada");
        store.start_generation(&generation, &first, &JobChange::None, Some(&new)).await.unwrap().unwrap();
        store.take_lease(&generation.id, "me", std::time::Duration::from_secs(9), true).await.unwrap().unwrap();
        let topics = TopicMap::parse(pathwright_analyzer::topic_files()).unwrap();
        let templates = RoleTemplates::parse(pathwright_analyzer::template_files(), &topics).unwrap();
        let path = LearningPath {
            id: id.into(),
            user: "ada".into(),
            generation: generation.id.clone(),
            profile: templates.get("general").unwrap().profile(&topics, &JobTarget::default()),
            job_description: None,
            hours_per_week: 6,
            stages: vec![],
            verdicts: vec![],
            origin: PathOrigin::Embedded,
            set_aside: vec![],
            fallback_reason: None,
            library_contents: 0,
            created_at: Utc::now(),
            updated_at: Utc::now(),
        };
        let last = event(2, GenerationState::Completed, Some(Outcome::Persisted { path: id.into() }));
        store.append_events("me", &[last], Some(&path)).await.unwrap();
    }

    #[tokio::test]
    async fn the_current_path_is_the_one_made_last_whatever_the_clock_said() {
        let store = Store::connect(&StoreUrl::Memory).await.unwrap();
        store.migrate(&migrate::built_in()).await.unwrap();
        assert!(store.current_path("ada").await.unwrap().is_none());
        // Now, two hours back, ten years ahead, and back again.
        for (at, id) in ["m", "k", "z", "n"].into_iter().enumerate() {
            make(&store, id).await;
            assert_eq!(store.current_path("ada").await.unwrap().unwrap().id, id);
            assert_eq!(store.latest_generation("ada").await.unwrap().unwrap().id, format!("generation-{id}"));
            assert_eq!(store.paths_of("ada", None, 9).await.unwrap().len(), at + 1);
        }
        let ids = |paths: Vec<LearningPath>| paths.into_iter().map(|path| path.id).collect::<Vec<_>>();
        assert_eq!(ids(store.paths_of("ada", None, 2).await.unwrap()), ["n", "z"]);
        assert_eq!(ids(store.paths_of("ada", Some("z"), 1).await.unwrap()), ["k"]);
        assert_eq!(ids(store.paths_of("ada", Some("z"), 9).await.unwrap()), ["k", "m"]);
        assert_eq!(ids(store.paths_of("ada", Some("m"), 9).await.unwrap()), [""; 0]);
        store.delete_user("ada").await.unwrap();
        assert_eq!(store.orphans().await.unwrap(), []);
    }
}
