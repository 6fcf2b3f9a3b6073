use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_graphql::Context;
use dataloader::BatchFn;
use dataloader::{cached::Loader, non_cached};
use pathwright_api::Failure;
use pathwright_api::job::JobProfile;
use pathwright_api::ports::LibraryTopics;
use pathwright_api::topic_index::TopicIndex;
use tokio::sync::OnceCell;

use super::error::{Wire, services};

use crate::domain::{Generation, LearningPath, PathCheck};
use crate::export::Material;
use crate::store::Store;
use crate::store::extents::Extent;
use crate::store::resources::ResourceCheck;
use pathwright_api::library::{Book, Passage, Section};

/// What a key loads: nothing when it is gone, a failure when the database is.
type Loaded<T> = Result<Option<T>, Failure>;

type Batched<T, F> = Loader<String, Loaded<T>, F>;

/// For what a request may change while it runs.
type Fresh<T, F> = non_cached::Loader<String, Loaded<T>, F>;

/// The loaders of one request: each collects the keys of a whole selection and asks once, and most remember the answers.
pub struct Loaders {
    pub books: Batched<Book, Books>,
    pub sections: Batched<Section, Sections>,
    pub passages: Batched<Passage, Passages>,
    pub profiles: Fresh<JobProfile, Profiles>,
    pub generations: Fresh<Generation, Generations>,
    /// By user: several fields of a learner's page stand on the same path.
    pub current_paths: Fresh<Arc<LearningPath>, CurrentPaths>,
    /// By user.
    pub path_checks: Fresh<Checked, Checks>,
    index: OnceCell<Arc<TopicIndex>>,
    extents: Batched<Extent, Extents>,
    /// By address.
    checks: Batched<ResourceCheck, ResourceChecks>,
}

/// How a user's current path stands to the library.
#[derive(Clone)]
pub struct Checked {
    pub check: PathCheck,
    /// The state of the books by now.
    pub contents: u64,
}

impl Checked {
    pub fn is_behind(&self) -> bool {
        self.check.contents < self.contents
    }
}

impl Loaders {
    pub fn new(store: &Store) -> Self {
        Self {
            books: Loader::new(Books(store.clone())),
            sections: Loader::new(Sections(store.clone())),
            passages: Loader::new(Passages(store.clone())),
            profiles: Fresh::new(Profiles(store.clone())),
            generations: Fresh::new(Generations(store.clone())),
            current_paths: Fresh::new(CurrentPaths(store.clone())),
            path_checks: Fresh::new(Checks(store.clone())),
            index: OnceCell::new(),
            extents: Loader::new(Extents(store.clone())),
            checks: Loader::new(ResourceChecks(store.clone())),
        }
    }

    /// What is known of these addresses.
    pub async fn checks_of(&self, addresses: Vec<String>) -> Result<HashMap<String, ResourceCheck>, Failure> {
        all(&self.checks, addresses).await
    }

    /// The passages with the sections and books they stand in.
    pub async fn material(&self, passages: Vec<String>) -> Result<Material, Failure> {
        let passages = all(&self.passages, passages).await?;
        let sections: Vec<String> = distinct(passages.values().map(|passage| &passage.section));
        let books = distinct(passages.values().map(|passage| &passage.book));
        let (books, found, extents) =
            tokio::join!(all(&self.books, books), all(&self.sections, sections.clone()), all(&self.extents, sections),);
        Ok(Material { passages, sections: found?, books: books?, extents: extents? })
    }
}

/// Those of a batch that are there; a failure of any is one of all.
async fn all<T: Clone, F: BatchFn<String, Loaded<T>>>(
    loader: &Batched<T, F>,
    keys: Vec<String>,
) -> Result<HashMap<String, T>, Failure> {
    let loaded = loader.load_many(keys).await;
    loaded.into_iter().filter_map(|(key, value)| Some(value.transpose()?.map(|value| (key, value)))).collect()
}

fn distinct<'k>(keys: impl Iterator<Item = &'k String>) -> Vec<String> {
    keys.collect::<HashSet<_>>().into_iter().cloned().collect()
}

/// The loaders of the request; the transport always sets them.
pub(super) fn loaders<'c>(ctx: &'c Context<'_>) -> async_graphql::Result<&'c Loaders> {
    ctx.data::<Loaders>()
}

/// The library's index, looked up once a request.
pub(super) async fn topic_index(ctx: &Context<'_>) -> async_graphql::Result<Arc<TopicIndex>> {
    let index = || async { services(ctx)?.catalogue.index().await.wire() };
    loaders(ctx)?.index.get_or_try_init(index).await.cloned()
}

pub struct Books(Store);
pub struct Sections(Store);
pub struct Passages(Store);
pub struct Profiles(Store);
pub struct Generations(Store);
pub struct CurrentPaths(Store);
pub struct Checks(Store);

impl BatchFn<String, Loaded<Arc<LearningPath>>> for CurrentPaths {
    async fn load(&mut self, keys: &[String]) -> HashMap<String, Loaded<Arc<LearningPath>>> {
        let loaded = self.0.current_paths(keys).await;
        by_key(keys, loaded.map(|paths| paths.into_iter().map(Arc::new).collect()), |path| &path.user)
    }
}

impl BatchFn<String, Loaded<Checked>> for Checks {
    async fn load(&mut self, keys: &[String]) -> HashMap<String, Loaded<Checked>> {
        let loaded = self.0.path_checks(keys).await.map(|loaded| {
            let contents = loaded.contents;
            loaded.checks.into_iter().map(|check| Checked { check, contents }).collect()
        });
        by_key(keys, loaded, |checked: &Checked| &checked.check.user)
    }
}
pub struct Extents(Store);
pub struct ResourceChecks(Store);

impl BatchFn<String, Loaded<Book>> for Books {
    async fn load(&mut self, keys: &[String]) -> HashMap<String, Loaded<Book>> {
        by_key(keys, self.0.books_by_id(keys).await, |book| &book.id)
    }
}

impl BatchFn<String, Loaded<Section>> for Sections {
    async fn load(&mut self, keys: &[String]) -> HashMap<String, Loaded<Section>> {
        by_key(keys, self.0.sections_by_id(keys).await, |section| &section.id)
    }
}

impl BatchFn<String, Loaded<Passage>> for Passages {
    async fn load(&mut self, keys: &[String]) -> HashMap<String, Loaded<Passage>> {
        by_key(keys, self.0.passages_by_id(keys).await, |passage| &passage.id)
    }
}

impl BatchFn<String, Loaded<JobProfile>> for Profiles {
    async fn load(&mut self, keys: &[String]) -> HashMap<String, Loaded<JobProfile>> {
        by_key(keys, self.0.profiles(keys).await, |profile| &profile.id)
    }
}

impl BatchFn<String, Loaded<Generation>> for Generations {
    async fn load(&mut self, keys: &[String]) -> HashMap<String, Loaded<Generation>> {
        by_key(keys, self.0.generations_by_id(keys).await, |generation| &generation.id)
    }
}

impl BatchFn<String, Loaded<Extent>> for Extents {
    async fn load(&mut self, keys: &[String]) -> HashMap<String, Loaded<Extent>> {
        by_key(keys, self.0.extents_of_sections(keys).await, |extent| &extent.section)
    }
}

impl BatchFn<String, Loaded<ResourceCheck>> for ResourceChecks {
    async fn load(&mut self, keys: &[String]) -> HashMap<String, Loaded<ResourceCheck>> {
        by_key(keys, self.0.resource_checks(keys).await, |check| &check.url)
    }
}

/// Every key gets an answer: the loader panics over one that has none.
fn by_key<T: Clone>(
    keys: &[String],
    rows: Result<Vec<T>, Failure>,
    key: impl Fn(&T) -> &String,
) -> HashMap<String, Loaded<T>> {
    match rows {
        Ok(rows) => {
            let mut found: HashMap<String, Loaded<T>> = keys.iter().map(|key| (key.clone(), Ok(None))).collect();
            found.extend(rows.into_iter().map(|row| (key(&row).clone(), Ok(Some(row)))));
            found
        }
        Err(failure) => keys.iter().map(|key| (key.clone(), Err(failure.clone()))).collect(),
    }
}
