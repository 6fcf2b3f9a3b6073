use futures::{Stream, StreamExt};
use pathwright_api::{ErrorCode, Failure};
use surrealdb::types::SurrealValue;

use super::{Store, failure};
use crate::domain::{Event, GenerationState, LearningPath, Outcome};

impl Store {
    /// Appends events, which follow the last one without gap, if `owner` still holds the lease; stores a profile that one of
    /// them holds and the path, if there is one, in the same transaction: of a user who was deleted meanwhile nothing is kept. What
    /// the steps brought forth is in the path then; the events keep the numbers, and which topic they are about.
    pub async fn append_events(
        &self,
        owner: &str,
        events: &[Event],
        path: Option<&LearningPath>,
    ) -> Result<(), Failure> {
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return Ok(());
        };
        let text = "BEGIN;
            LET $held = UPDATE type::record('generation', $last.generation)
                SET seq = $last.seq, state = $last.state, percent = $last.percent, path = $path_id, error = $error
                WHERE lease_owner = $owner AND state = 'RUNNING' AND seq = $before;
            IF array::len($held) = 0 { THROW 'lease lost' };
            LET $wanted = (SELECT VALUE id FROM target_job WHERE hash = $profile.id LIMIT 1);
            FOR $event IN $events { CREATE type::record('event', [$event.generation, $event.seq]) CONTENT $event RETURN NONE; };
            IF $profile != NULL AND ($held[0].purpose = 'MAKE_PATH' OR array::len($wanted) > 0) {
                UPSERT type::record('job_profile', $profile.id) CONTENT { profile: $profile } RETURN NONE;
            };
            IF $path != NULL {
                CREATE type::record('learning_path', $path.id) CONTENT object::remove($path, 'id') RETURN NONE;
                LET $number = ((SELECT VALUE paths FROM ONLY type::record('user', $path.user)) ?? 0) + 1;
                CREATE type::record('path_of', [$path.user, -$number]) SET path = $path.id RETURN NONE;
                UPSERT type::record('path_check', $path.user) CONTENT {
                    path: $path.id, contents: $path.library_contents, lease_owner: '', lease_until: '',
                    checked_at: NULL, found: NULL } RETURN NONE;
                UPDATE type::record('user', $path.user) SET job_role_type = $path.profile.role_type, paths = $number,
                    current_path = type::record('learning_path', $path.id) RETURN NONE;
            };
            IF $last.state = 'COMPLETED' {
                UPDATE event SET outcome = IF outcome.Judged != NONE { { Assessed: { topic: outcome.Judged.topic.id } } } ELSE { NULL }
                    WHERE generation = $last.generation AND seq < $first RETURN NONE;
            };
            COMMIT;";
        let error = match &last.outcome {
            Some(Outcome::Failed(failure)) => Some(failure),
            _ => None,
        };
        let profile = events.iter().find_map(|event| match &event.outcome {
            Some(Outcome::Analyzed(profile)) => Some(profile),
            _ => None,
        });
        let call =
            self.query(text).bind("owner", owner).bind("events", events).bind("last", last).bind("profile", profile);
        let call = call
            .bind("first", first.seq)
            .bind("before", first.seq - 1)
            .bind("path", path)
            .bind("path_id", path.map(|path| &path.id));
        match call.bind("error", error).run().await {
            Ok(_) => Ok(()),
            Err(failure) if failure.code == ErrorCode::GenerationCancelled => Err(failure),
            Err(failure) => Err(self.lost_or(failure, &last.generation, owner).await),
        }
    }

    /// Tells a lease that was lost from a database that failed.
    async fn lost_or(&self, failure: Failure, id: &str, owner: &str) -> Failure {
        let held = self.generation(id).await.is_ok_and(|row| {
            row.is_some_and(|row| row.lease_owner.as_deref() == Some(owner) && row.state == GenerationState::Running)
        });
        if held {
            failure
        } else {
            Failure::new(ErrorCode::GenerationCancelled, "the generation was cancelled, or replaced by a newer one")
        }
    }

    /// The events after number `after`, in order, at most `limit`.
    pub async fn events_after(&self, generation: &str, after: u32, limit: usize) -> Result<Vec<Event>, Failure> {
        let text =
            "SELECT * OMIT id FROM event WHERE generation = $generation AND seq > $after ORDER BY seq LIMIT $limit";
        self.query(text).bind("generation", generation).bind("after", after).bind("limit", limit).run().await?.rows(0)
    }

    /// The ids of generations that have news, from any process. News may be missed or out of order: a reader goes by the
    /// numbers in the table.
    pub async fn generation_news(&self) -> Result<impl Stream<Item = String> + Send + use<>, Failure> {
        #[derive(SurrealValue)]
        struct News {
            generation: String,
        }
        let shared = || Failure::internal("an embedded database has no other processes to hear of");
        let db = self.engine.server().ok_or_else(shared)?;
        let live = db.query("LIVE SELECT generation FROM event").await.map_err(failure)?;
        let mut live = live.check().map_err(failure)?;
        let stream = live.stream::<surrealdb::Notification<News>>(0).map_err(failure)?;
        Ok(stream.filter_map(|news| std::future::ready(news.ok().map(|news| news.data.generation))))
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use pathwright_api::coverage::Verdict;
    use pathwright_api::job::{JobTarget, RoleTemplates};
    use pathwright_api::path::PathOrigin;
    use pathwright_api::topic::{Topic, TopicMap};

    use super::super::{StoreUrl, migrate};
    use super::*;
    use crate::domain::{Generation, GenerationPurpose, GenerationStep, JobChange, User};

    fn generation(id: &str) -> Generation {
        Generation {
            id: id.into(),
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
        }
    }

    fn event(generation: &str, seq: u32, state: GenerationState, outcome: Option<Outcome>) -> Event {
        let (generation, message) = (generation.to_owned(), String::new());
        let step = Some(GenerationStep::Coverage);
        Event { generation, seq, state, step, done: 0, total: 0, percent: 0, message, at: Utc::now(), outcome }
    }

    fn verdict(title: &str) -> Verdict {
        Verdict {
            topic: Topic::unknown(title),
            covered: false,
            confidence: 0.2,
            source: None,
            num_chunks: 0,
            passages: vec![],
            parts: vec![],
            external_resources: vec![],
            fallback_reason: None,
            overridden_by: None,
        }
    }

    fn path(generation: &str) -> LearningPath {
        let topics = TopicMap::default();
        let general = "id = \"general\"\nname = \"General\"\ndescription = \"\"\nrole_type = \"general\"\n\
            seniority = \"MID\"\nrequired = []";
        let templates = RoleTemplates::parse([("general.toml", general)], &topics).unwrap();
        LearningPath {
            id: format!("path-{generation}"),
            user: "ada".into(),
            generation: generation.into(),
            profile: templates.general().profile(&topics, &JobTarget::default()),
            job_description: None,
            hours_per_week: 6,
            stages: vec![],
            verdicts: vec![verdict("Knots")],
            origin: PathOrigin::Embedded,
            set_aside: vec![],
            fallback_reason: None,
            library_contents: 1,
            created_at: Utc::now(),
            updated_at: Utc::now(),
        }
    }

    /// Makes a path of one topic.
    async fn make(store: &Store, id: &str) {
        let (user, first) = (User::new("ada"), event(id, 1, GenerationState::Queued, None));
        store.start_generation(&generation(id), &first, &JobChange::None, Some(&user)).await.unwrap().unwrap();
        store.take_lease(id, "me", std::time::Duration::from_mins(1), false).await.unwrap().unwrap();
        let judged = event(id, 2, GenerationState::Running, Some(Outcome::Judged(verdict("Knots"))));
        store.append_events("me", &[judged], None).await.unwrap();
        let before = store.events_after(id, 1, 9).await.unwrap();
        assert!(matches!(&before[0].outcome, Some(Outcome::Judged(_))), "whoever takes the work up needs it");
        let path = path(id);
        let last = event(id, 3, GenerationState::Completed, Some(Outcome::Persisted { path: path.id.clone() }));
        store.append_events("me", &[last], Some(&path)).await.unwrap();
    }

    async fn store() -> Store {
        let store = Store::connect(&StoreUrl::Memory).await.unwrap();
        store.migrate(&migrate::built_in()).await.unwrap();
        store
    }

    #[tokio::test]
    async fn once_the_path_is_there_its_events_keep_no_second_copy_of_it() {
        let store = store().await;
        make(&store, "g1").await;
        let outcomes: Vec<Option<Outcome>> =
            store.events_after("g1", 0, 9).await.unwrap().into_iter().map(|event| event.outcome).collect();
        let assessed = Outcome::Assessed { topic: Topic::unknown("Knots").id };
        assert_eq!(outcomes, [None, Some(assessed), Some(Outcome::Persisted { path: "path-g1".into() })]);
    }

    #[tokio::test]
    async fn the_last_generations_are_kept_and_the_paths_of_all() {
        let store = store().await;
        for number in 1..=5 {
            make(&store, &format!("g{number}")).await;
        }
        store.forget_old_generations("ada", 2).await.unwrap();
        let all: Vec<String> = (1..=5).map(|number| format!("g{number}")).collect();
        let mut kept: Vec<String> =
            store.generations_by_id(&all).await.unwrap().into_iter().map(|generation| generation.id).collect();
        kept.sort();
        assert_eq!(kept, ["g4", "g5"]);
        assert!(store.events_after("g3", 0, 9).await.unwrap().is_empty());
        assert_eq!(store.paths_of("ada", None, 9).await.unwrap().len(), 5);
        store.delete_user("ada").await.unwrap();
        assert_eq!(store.orphans().await.unwrap(), []);
    }
}
