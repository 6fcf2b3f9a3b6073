//! The configuration: defaults, then a file, then the environment, then flags. Nothing else reads the environment.

/// Endpoints of language models and embedding models.
mod models;
/// Which plugins, and how they are asked.
mod plugins;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

use crate::store::{Opening, Options};

pub use models::{Embedding, EmbeddingChoice, Llm};
pub use plugins::{PluginConfig, Plugins};

/// The commented defaults: the reference for every key.
pub const DEFAULTS: &str = include_str!("config/default.toml");

/// The least that is written at once has to fit, in MiB.
const SHORTEST_LOG: usize = 16;

/// The file that is read from the working folder when it is there.
pub const FILE: &str = "pathwright.toml";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub addr: SocketAddr,
    pub data: PathBuf,
    store: String,
    pub storage: Storage,
    /// Go on without what a damaged database has lost; a flag of one command, and no setting.
    #[serde(skip)]
    pub accept_loss: bool,
    pub auth: Auth,
    pub limits: Limits,
    pub pages: Pages,
    pub library: Library,
    pub llm: Llm,
    pub embedding: Embedding,
    pub generation: GenerationConfig,
    pub log: Log,
    pub plugins: Plugins,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    log_mib: usize,
    cache_mib: usize,
    erase_minutes: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    pub keys: Vec<ApiKey>,
}

/// An API key as it is kept: never the key itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    pub name: String,
    /// SHA-256 of the key, hexadecimal.
    pub sha256: String,
    pub role: Role,
    /// For a learner: the one user the key acts for.
    pub user: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything, the library included.
    Admin,
    /// Acts for any user.
    Service,
    /// Acts for one user.
    Learner,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    body_mib: usize,
    posting_kib: usize,
    pub depth: usize,
    pub fields: usize,
    pub aliases: usize,
    request_seconds: u64,
    pub operations_per_socket: usize,
}

impl Limits {
    pub fn body_bytes(&self) -> usize {
        self.body_mib << 20
    }

    pub fn posting_bytes(&self) -> usize {
        self.posting_kib << 10
    }

    pub fn request_time(&self) -> Duration {
        Duration::from_secs(self.request_seconds)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    folder: PathBuf,
}

impl Pages {
    /// None: the pages in the binary.
    pub fn folder(&self) -> Option<&Path> {
        Some(self.folder.as_path()).filter(|folder| !folder.as_os_str().is_empty())
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    pub sample: bool,
    file_mib: u64,
    reader_mib: u64,
    reader_seconds: u64,
    reader_program: PathBuf,
}

impl Library {
    pub fn file_bytes(&self) -> u64 {
        self.file_mib << 20
    }

    pub fn reader_bytes(&self) -> u64 {
        self.reader_mib << 20
    }

    pub fn reader_time(&self) -> Duration {
        Duration::from_secs(self.reader_seconds)
    }

    /// None: the running program.
    pub fn reader_program(&self) -> Option<&Path> {
        Some(self.reader_program.as_path()).filter(|program| !program.as_os_str().is_empty())
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenerationConfig {
    pub workers: usize,
    lease_seconds: u64,
}

impl GenerationConfig {
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// Flags: they outweigh everything else.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Overrides {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub library: Option<LibraryOverrides>,
}

#[derive(Clone, Debug, Serialize)]
pub struct LibraryOverrides {
    pub sample: bool,
}

/// A configuration that cannot be used, with the key and where it was set.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl Config {
    /// Loads from everywhere; `file` has to exist when it is named.
    pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Self, ConfigError> {
        let layered = match file {
            Some(file) if !file.is_file() => {
                return Err(ConfigError(format!("the configuration file {} does not exist", file.display())));
            }
            Some(file) => defaults().merge(Toml::file_exact(file)),
            None if Path::new(FILE).is_file() => defaults().merge(Toml::file_exact(FILE)),
            None => defaults(),
        };
        extract(layered.merge(openai_key()).merge(environment()).merge(Serialized::defaults(overrides)))
    }

    /// The defaults and what a TOML text changes of them; no file, no environment.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        extract(defaults().merge(Toml::string(text)))
    }

    /// The address of the database, the data folder's when none is set.
    pub fn store(&self) -> String {
        if self.store.is_empty() {
            format!("surrealkv://{}", self.data.join("store").display())
        } else {
            self.store.clone()
        }
    }

    /// How the database is opened.
    pub fn opening(&self) -> Opening {
        let Storage { log_mib, cache_mib, erase_minutes } = self.storage;
        let erase_after = Duration::from_secs(60 * erase_minutes);
        Opening { options: Options { log_mib, cache_mib, erase_after }, accept_loss: self.accept_loss }
    }

    /// Refuses to serve the world without knowing who asks.
    fn check(&self) -> Result<(), ConfigError> {
        if !self.addr.ip().is_loopback() && self.auth.keys.is_empty() {
            let message = format!(
                "addr = {} would serve other machines while auth.keys is empty: anyone could read and change everything; \
                 make a key with `pathwright key --role admin` and put it under [auth], or listen on 127.0.0.1",
                self.addr
            );
            return Err(ConfigError(message));
        }
        for key in &self.auth.keys {
            if key.sha256.len() != 64 || !key.sha256.chars().all(|c| c.is_ascii_hexdigit()) {
                return Err(ConfigError(format!("auth.keys: `{}` needs a sha256 of 64 hexadecimal digits", key.name)));
            }
            if (key.role == Role::Learner) != key.user.is_some() {
                return Err(ConfigError(format!(
                    "auth.keys: `{}`: a learner's key needs a user, no other has one",
                    key.name
                )));
            }
        }
        if matches!(self.embedding.choice(), EmbeddingChoice::Endpoint(_)) && !self.llm.is_configured() {
            let message = format!(
                "embedding.model = `{}` is a model at an endpoint: set llm.base_url, or use `embedded`",
                self.embedding.model
            );
            return Err(ConfigError(message));
        }
        self.llm.check(&self.plugins)?;
        let positive = [
            ("storage.log_mib", self.storage.log_mib / SHORTEST_LOG),
            ("storage.cache_mib", self.storage.cache_mib),
            ("llm.at_once", self.llm.at_once),
            ("library.reader_mib", self.library.reader_mib as usize),
            ("library.reader_seconds", self.library.reader_seconds as usize),
            ("generation.workers", self.generation.workers),
            ("plugins.*.mailbox", self.plugins.iter().map(|(_, plugin)| plugin.mailbox).min().unwrap_or_default()),
        ];
        match positive.iter().find(|(_, value)| *value == 0) {
            Some((key @ "storage.log_mib", _)) => {
                Err(ConfigError(format!("{key} must be at least {SHORTEST_LOG}: a piece of a book has to fit in")))
            }
            Some((key, _)) => Err(ConfigError(format!("{key} must be at least 1"))),
            None => Ok(()),
        }
    }
}

fn defaults() -> Figment {
    Figment::from(Serialized::defaults(default_table()))
}

/// What the file of defaults says, and the table of capabilities.
fn default_table() -> toml::Table {
    let mut table: toml::Table = toml::from_str(DEFAULTS).unwrap_or_default();
    table.insert("plugins".to_owned(), Plugins::defaults().into());
    table
}

fn extract(layers: Figment) -> Result<Config, ConfigError> {
    let config: Config = layers.extract().map_err(|error| ConfigError(error.to_string()))?;
    config.check()?;
    Ok(config)
}

/// The variable other tools use too; Pathwright's own outweighs it.
fn openai_key() -> Env {
    Env::raw().only(&["OPENAI_API_KEY"]).map(|_| "llm.openai_api_key".into()).split(".")
}

/// `PATHWRIGHT_GENERATION_WORKERS` is `generation.workers`; a variable that is no key's is refused like an unknown key.
fn environment() -> Env {
    let keys = variables();
    Env::prefixed("PATHWRIGHT_").map(move |name| {
        let name = name.as_str().to_uppercase();
        keys.get(&name).cloned().unwrap_or_else(|| format!("PATHWRIGHT_{name}")).into()
    })
}

/// The keys of the default configuration by the names of their variables, without prefix.
fn variables() -> HashMap<String, String> {
    let mut keys = HashMap::new();
    collect_keys("", &default_table(), &mut keys);
    keys
}

fn collect_keys(prefix: &str, table: &toml::Table, keys: &mut HashMap<String, String>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => collect_keys(&key, inner, keys),
            _ => {
                keys.insert(key.replace('.', "_").to_uppercase(), key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_each_key_is_explained() {
        Config::from_toml("").unwrap();
        // What a plugin's table holds is explained once, above the first of them.
        let mut explained = false;
        for line in DEFAULTS.lines().map(str::trim) {
            assert!(explained || line.is_empty() || line.starts_with(['#', '[']), "{line}");
            explained = !line.is_empty() && (explained || line.starts_with('#'));
        }
    }

    #[test]
    fn an_unknown_key_and_a_wrong_type_are_named() {
        assert!(Config::from_toml("adr = \"x\"").unwrap_err().to_string().contains("adr"));
        assert!(Config::from_toml("[generation]\nworkers = \"many\"").unwrap_err().to_string().contains("workers"));
    }

    #[test]
    fn other_machines_are_served_only_with_keys() {
        let open = Config::from_toml("addr = \"0.0.0.0:80\"").unwrap_err().to_string();
        assert!(open.contains("auth.keys is empty") && open.contains("pathwright key"));
        let key = format!(
            "addr = \"0.0.0.0:80\"\n[[auth.keys]]\nname = \"a\"\nsha256 = \"{}\"\nrole = \"admin\"",
            "0".repeat(64)
        );
        assert!(Config::from_toml(&key).is_ok());
    }

    #[test]
    fn variables_are_named_after_keys() {
        assert_eq!(variables()["GENERATION_LEASE_SECONDS"], "generation.lease_seconds");
        assert_eq!(variables()["ADDR"], "addr");
    }
}
