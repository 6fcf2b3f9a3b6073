use std::collections::{HashMap, HashSet};

use async_graphql::Context;
use dataloader::BatchFn;
use dataloader::cached::Loader;
use pathwright_api::Failure;

use crate::export::Material;
use crate::store::Store;
use crate::store::extents::Extent;
use crate::store::library::{Book, Passage, Section};
use crate::store::resources::ResourceCheck;

/// What a key loads: nothing when it is gone, a failure when the database is.
type Loaded<T> = Result<Option<T>, Failure>;

type Batched<T, F> = Loader<String, Loaded<T>, F>;

/// The loaders of one request: each collects the keys of a whole selection and asks once, and remembers the answers.
pub struct Loaders {
    pub books: Batched<Book, Books>,
    pub sections: Batched<Section, Sections>,
    pub passages: Batched<Passage, Passages>,
    extents: Batched<Extent, Extents>,
    /// By address.
    checks: Batched<ResourceCheck, Checks>,
}

impl Loaders {
    pub fn new(store: &Store) -> Self {
        Self {
            books: Loader::new(Books(store.clone())),
            sections: Loader::new(Sections(store.clone())),
            passages: Loader::new(Passages(store.clone())),
            extents: Loader::new(Extents(store.clone())),
            checks: Loader::new(Checks(store.clone())),
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

pub struct Books(Store);
pub struct Sections(Store);
pub struct Passages(Store);
pub struct Extents(Store);
pub struct Checks(Store);

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

impl BatchFn<String, Loaded<Extent>> for Extents {
    async fn load(&mut self, keys: &[String]) -> HashMap<String, Loaded<Extent>> {
        by_key(keys, self.0.extents_of_sections(keys).await, |extent| &extent.section)
    }
}

impl BatchFn<String, Loaded<ResourceCheck>> for Checks {
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
