//! The composition root: configuration in, a running server out.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pathwright_api::job::RoleTemplates;
use pathwright_api::llm::Llm;
use pathwright_api::ports::{DataFiles, Embedder, Ports};
use pathwright_api::topic::{Topic, TopicMap};
use pathwright_api::{ErrorCode, Failure};
use pathwright_coverage::resource_catalog::ResourceCatalog;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::config::{self, Config, EmbeddingChoice};
use crate::content::ContentService;
use crate::embed;
use crate::generation::Generations;
use crate::graphql::{Schema, schema};
use crate::host::{Host, PluginEnv, Registry};
use crate::http;
use crate::ingestions::Ingestions;
use crate::library::{self, Librarian, SandboxedReader, TopicCatalog};
use crate::llm::meter::{Budget, Meter};
use crate::llm::prices::Prices;
use crate::llm::{self, Models};
use crate::rechecks::Rechecks;
use crate::resources::Curated;
use crate::services::Services;
use crate::store::{Opening, Store, StoreUrl, migrate};
use pathwright_search::Searcher;

/// Topics of the map against which the library is measured.
const PROBES: usize = 150;

/// Comparisons of books at once: each holds its books in memory, and keeps the coverage plugin busy.
const COMPARISONS: usize = 2;

/// How long requests may go on after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Everything wired together.
pub struct App {
    pub config: Arc<Config>,
    pub services: Services,
    pub schema: Schema,
    /// None: the embedded default does the work.
    pub models: Option<Models>,
}

impl App {
    /// Opens the database, migrates it, starts the built-in plugins.
    pub async fn build(config: Config) -> Result<Self, Failure> {
        Self::build_with(config, &Registry::built_in()).await
    }

    /// The same with plugins of one's own.
    pub async fn build_with(config: Config, registry: &Registry) -> Result<Self, Failure> {
        let opened = Opened::open(&config, false).await?;
        opened.store.init_library(opened.embedder.model(), opened.embedder.dimension()).await?;
        opened.wire(config, registry)
    }

    /// With another embedding model than the library's, which is about to be replaced. Not for serving.
    pub async fn build_for_reembedding(config: Config) -> Result<Self, Failure> {
        Opened::open(&config, true).await?.wire(config, &Registry::built_in())
    }

    /// Loads the sample library into a data folder that never had it; answers the titles.
    pub async fn offer_sample(&self) -> Result<Vec<String>, Failure> {
        let state = self.services.store.library_state().await?;
        if !self.config.library.sample || state.is_none_or(|state| state.sample_loaded) {
            return Ok(Vec::new());
        }
        let loaded = self.services.librarian.ingest_sample().await?;
        self.services.store.mark_sample_loaded().await?;
        Ok(loaded.into_iter().map(|ingested| ingested.book.title).collect())
    }

    /// Ends the database in order. A command that does not is one that was cut off: nothing is lost, and the next start recovers.
    pub async fn close(&self) {
        self.services.store.close().await;
    }

    /// Why the server has no pages; none when it has.
    pub fn why_no_pages(&self) -> Option<String> {
        http::why_missing(self.config.pages.folder())
    }

    /// Serves until `shutdown`; then lets requests end and gives unfinished work back.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Failure> {
        self.services.generations.run_in_background().await?;
        self.services.rechecks.run_in_background();
        let searcher = self.services.searcher.clone();
        let store = self.services.store.clone();
        tokio::spawn(async move {
            if let Err(failure) = store.sweep_leftovers().await {
                tracing::warn!(code = %failure.code, %failure, "what a removed book left could not be removed; the next start tries again");
            }
            if let Err(failure) = searcher.warm_up().await {
                tracing::warn!(code = %failure.code, %failure, "the library's words could not be read ahead");
            }
        });
        let router = http::router(self.schema, self.services.clone(), Arc::clone(&self.config));
        let store = self.services.store.clone();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let signal = async move {
            shutdown.await;
            let _ = stop.send(());
        };
        let serving = http::serve(listener, router, signal);
        let overdue = async {
            let _ = stopped.await;
            tokio::time::sleep(GRACE).await;
        };
        // Subscriptions may stay open for ever, so there is an end to the patience.
        let served = tokio::select! { served = serving => served, () = overdue => Ok(()) };
        self.services.generations.shutdown().await;
        self.services.rechecks.shutdown().await;
        self.services.meter.flush().await;
        store.close().await;
        served.map_err(|error| Failure::internal(format!("the server stopped: {error}")))
    }
}

/// Tells whoever asks that the database lost what was acknowledged, until `shutdown`.
pub async fn serve_damaged(
    listener: TcpListener,
    damaged: &Failure,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    http::serve(listener, http::damaged(damaged), shutdown).await
}

/// What everything else stands on.
struct Opened {
    url: StoreUrl,
    store: Store,
    files: OperatorFiles,
    meter: Arc<Meter>,
    models: Option<Models>,
    embedder: Arc<dyn Embedder>,
}

impl Opened {
    /// With `anew`, what is remembered of the embedding model is found out again.
    async fn open(config: &Config, anew: bool) -> Result<Self, Failure> {
        llm::choose_cryptography();
        let url = StoreUrl::parse(&config.store())?;
        let store = open_store(&url, config.opening()).await?;
        let files = OperatorFiles(config.data.clone());
        let added = files.read("prices")?;
        let prices = Prices::parse(borrowed(&added))?;
        let budget = Budget { usd: config.llm.daily_usd, tokens: config.llm.daily_tokens };
        let meter = Arc::new(Meter::new(store.clone(), prices, config.llm.is_local(), budget));
        let connect = || Models::new(&config.llm, Arc::clone(&meter));
        let models = config.llm.is_configured().then(connect).transpose()?;
        let embedder = embedder(&store, models.as_ref(), &config.embedding.choice(), anew).await?;
        Ok(Self { url, store, files, meter, models, embedder })
    }

    fn wire(self, config: Config, registry: &Registry) -> Result<App, Failure> {
        let Self { url, store, files, meter, models, embedder } = self;
        let llm = models.as_ref().map(|models| Arc::clone(&models.llm));
        let topics = Arc::new(topic_map(&files)?);
        let names: Vec<&str> = topics.iter().flat_map(Topic::names).collect();
        let catalogue = TopicCatalog::new(store.clone(), Arc::clone(&topics));
        let searcher =
            Searcher::new(Arc::new(store.clone()), Arc::clone(&embedder), &names, embed::has_word, probes(&topics));
        let around = plugin_env(&store, &embedder, &searcher, &catalogue, topics, llm.clone(), files)?;
        let host = Arc::new(Host::start(registry, &config.plugins, around)?);
        let generations = Generations::new(store.clone(), Arc::clone(&host), &config.generation, url.is_exclusive());
        let lease = config.generation.lease();
        let rechecks = Rechecks::new(store.clone(), Arc::clone(&host), searcher.clone(), lease, url.is_exclusive());
        let largest = config.library.file_bytes();
        let librarian = Librarian::new(store.clone(), Arc::clone(&embedder), largest, reader(&config.library)?);
        let services = Services {
            content: ContentService::new(store.clone(), Arc::clone(&host), Arc::clone(&meter)),
            ingestions: Ingestions::new(librarian.clone(), rechecks.clone()),
            librarian,
            embedding_endpoint: matches!(config.embedding.choice(), EmbeddingChoice::Endpoint(_)),
            searcher,
            catalogue,
            embedder,
            store,
            host,
            generations,
            rechecks,
            meter,
            comparing: Arc::new(Semaphore::new(COMPARISONS)),
            llm,
            posting_bytes: config.limits.posting_bytes(),
            longest_wait: config.limits.request_time().saturating_sub(Duration::from_secs(1)),
        };
        Ok(App { schema: schema(services.clone()), services, models, config: Arc::new(config) })
    }
}

async fn embedder(
    store: &Store,
    models: Option<&Models>,
    choice: &EmbeddingChoice,
    anew: bool,
) -> Result<Arc<dyn Embedder>, Failure> {
    let (name, models) = match (choice, models) {
        (EmbeddingChoice::Folder(folder), _) => return embed::in_folder(folder).await,
        (EmbeddingChoice::Endpoint(name), Some(models)) => (name, models),
        (EmbeddingChoice::Endpoint(_), None) | (EmbeddingChoice::Embedded, _) => return Ok(embed::embedded()),
    };
    // The same name may mean another model at another endpoint.
    let place = format!("{name} at {}", models.endpoint.shown());
    let known = if anew { None } else { store.known_dimension(&place).await? };
    let embedder = embed::at_endpoint(models, name, known).await.map_err(|failure| {
        let message = format!("the embedding model `{name}` at {} cannot be used: {failure}", models.endpoint.shown());
        Failure::new(failure.code, message)
    })?;
    if known.is_none() {
        store.remember_dimension(&place, embedder.dimension()).await?;
    }
    Ok(embedder)
}

/// Opens and migrates the database.
pub async fn open_store(url: &StoreUrl, opening: Opening) -> Result<Store, Failure> {
    let store = Store::open(url, opening).await?;
    for migration in store.migrate(&migrate::built_in()).await? {
        tracing::info!(migration, "applied");
    }
    store.hash_target_jobs().await?;
    store.erase_leftovers().await?;
    Ok(store)
}

fn plugin_env(
    store: &Store,
    embedder: &Arc<dyn Embedder>,
    searcher: &Searcher,
    catalogue: &TopicCatalog,
    topics: Arc<TopicMap>,
    llm: Option<Arc<dyn Llm>>,
    files: OperatorFiles,
) -> Result<PluginEnv, Failure> {
    let templates = role_templates(&files, &topics)?;
    let ports = Ports {
        embedder: Arc::clone(embedder),
        embedded: embed::embedded(),
        llm,
        passages: Arc::new(searcher.clone()),
        topics: Arc::new(catalogue.clone()),
        pieces: Arc::new(store.clone()),
        files: Arc::new(files),
        resources: Arc::new(store.clone()),
    };
    Ok(PluginEnv { ports, topics, templates: Arc::new(templates) })
}

/// What reads files apart.
pub fn reader(config: &config::Library) -> Result<SandboxedReader, Failure> {
    let own =
        || library::this_program().map_err(|error| Failure::internal(format!("this program has no name: {error}")));
    let program = config.reader_program().map_or_else(own, |program| Ok(program.to_owned()))?;
    Ok(SandboxedReader::new(program, config.reader_bytes(), config.reader_time()))
}

/// Topics of all fields, against which the library is measured.
fn probes(topics: &TopicMap) -> Vec<String> {
    topics.iter().step_by(topics.len().div_ceil(PROBES).max(1)).map(|topic| topic.title.clone()).collect()
}

/// The built-in topic map with the operator's files.
fn topic_map(files: &OperatorFiles) -> Result<TopicMap, Failure> {
    let added = files.read("topics")?;
    let all = pathwright_analyzer::topic_files().into_iter().chain(borrowed(&added));
    TopicMap::parse(all)
        .map_err(|error| Failure::new(ErrorCode::InvalidInput, format!("the topic map cannot be used: {error}")))
}

fn role_templates(files: &OperatorFiles, topics: &TopicMap) -> Result<RoleTemplates, Failure> {
    let added = files.read("templates")?;
    RoleTemplates::parse(pathwright_analyzer::template_files().into_iter().chain(borrowed(&added)), topics)
}

/// The addresses of the built-in catalogue and of the operator's files.
pub fn curated(config: &Config) -> Result<Vec<Curated>, Failure> {
    let added = OperatorFiles(config.data.clone()).read("resources")?;
    let catalogue = ResourceCatalog::parse(pathwright_coverage::resource_files().into_iter().chain(borrowed(&added)))?;
    let entry = |(title, url): (&str, &url::Url)| Curated { title: title.to_owned(), url: url.clone() };
    Ok(catalogue.addresses().map(entry).collect())
}

fn borrowed(files: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    files.iter().map(|(name, text)| (name.as_str(), text.as_str()))
}

/// What an operator put into the data folder.
struct OperatorFiles(PathBuf);

impl DataFiles for OperatorFiles {
    fn read(&self, folder: &str) -> Result<Vec<(String, String)>, Failure> {
        let folder = self.0.join(folder);
        let Ok(entries) = std::fs::read_dir(&folder) else {
            return Ok(Vec::new());
        };
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        paths.iter().map(|path| read_file(path)).collect()
    }
}

fn read_file(path: &Path) -> Result<(String, String), Failure> {
    let shown = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Ok((shown, text)),
        Err(error) => Err(Failure::new(ErrorCode::InvalidInput, format!("{shown} cannot be read: {error}"))),
    }
}
