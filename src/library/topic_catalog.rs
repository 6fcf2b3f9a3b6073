use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use pathwright_api::Failure;
use pathwright_api::ports::LibraryTopics;
use pathwright_api::text;
use pathwright_api::topic::{Topic, TopicMap};
use pathwright_api::topic_index::TopicIndex;
use pathwright_reader::topics::{BookTopics, index};
use tokio::sync::Mutex;

use crate::store::Store;

/// The topics of map and library together.
///
/// What is in memory follows the library's revision, which is looked up at every question, since another process may have changed
/// it; books that did not change are not read again. Nothing is stored, so nothing is left behind when a book goes.
#[derive(Clone)]
pub struct TopicCatalog {
    store: Store,
    map: Arc<TopicMap>,
    ready: Arc<Mutex<Option<Ready>>>,
}

struct Ready {
    revision: u64,
    books: Vec<Arc<BookTopics>>,
    index: Arc<TopicIndex>,
}

impl TopicCatalog {
    pub fn new(store: Store, map: Arc<TopicMap>) -> Self {
        Self { store, map, ready: Arc::default() }
    }

    /// The topic of this id, title or other name: the map's, or else the library's own.
    pub async fn find(&self, name: &str) -> Result<Option<Topic>, Failure> {
        match self.map.find(name) {
            Some(known) => Ok(Some(known.clone())),
            None => Ok(self.index().await?.find(name).cloned()),
        }
    }

    /// The same, or a topic made up of the name alone.
    pub async fn find_or_unknown(&self, name: &str) -> Result<Topic, Failure> {
        Ok(self.find(name).await?.unwrap_or_else(|| Topic::unknown(&text::squeeze(name))))
    }

    /// The topic as somebody asked for it, see [`TopicMap::as_asked`].
    pub async fn as_asked(&self, name: &str) -> Result<Topic, Failure> {
        match self.map.find(name) {
            Some(_) => Ok(self.map.as_asked(name)),
            None => self.find_or_unknown(name).await,
        }
    }

    async fn read_books(&self, before: Option<&Ready>) -> Result<Vec<Arc<BookTopics>>, Failure> {
        let known: HashMap<&str, &Arc<BookTopics>> =
            before.iter().flat_map(|ready| &ready.books).map(|book| (book.id.as_str(), book)).collect();
        let mut books = Vec::new();
        for book in self.store.book_editions().await? {
            if let Some(same) = known.get(book.id.as_str()).filter(|same| same.content_hash == book.content_hash) {
                books.push(Arc::clone(same));
                continue;
            }
            let outline = self.store.outline(&book.id).await?;
            books.push(Arc::new(blocking(move || BookTopics::of(book.id, book.content_hash, outline)).await?));
        }
        Ok(books)
    }
}

#[async_trait]
impl LibraryTopics for TopicCatalog {
    async fn index(&self) -> Result<Arc<TopicIndex>, Failure> {
        let Some(library) = self.store.library_state().await? else {
            return Ok(Arc::default());
        };
        let mut held = self.ready.lock().await;
        if let Some(ready) = held.as_ref().filter(|ready| ready.revision == library.revision) {
            return Ok(Arc::clone(&ready.index));
        }
        let books = self.read_books(held.as_ref()).await?;
        let (map, shared) = (Arc::clone(&self.map), books.clone());
        let index = Arc::new(blocking(move || index(&shared, &map)).await?);
        *held = Some(Ready { revision: library.revision, books, index: Arc::clone(&index) });
        Ok(index)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::internal(format!("the library's topics could not be collected: {error}")))
}
