use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{ConfigError, Plugins};

/// A language model at an OpenAI-compatible endpoint; the key shows itself to nobody.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Llm {
    base_url: String,
    #[serde(deserialize_with = "text_or_number")]
    api_key: SecretString,
    #[serde(deserialize_with = "text_or_number")]
    openai_api_key: SecretString,
    pub model: String,
    pub at_once: usize,
    pub retries: usize,
    connect_seconds: u64,
    idle_seconds: u64,
    deadline_seconds: u64,
    pub context_tokens: usize,
    pub answer_tokens: u32,
    pub daily_usd: f64,
    pub daily_tokens: u64,
}

impl Llm {
    const OPENAI: &str = "https://api.openai.com/v1";

    /// A key alone means OpenAI, an address alone a server that needs no key.
    pub fn is_configured(&self) -> bool {
        !self.base_url.is_empty() || !self.key().expose_secret().is_empty()
    }

    /// The key for the endpoint; the one other tools use for OpenAI goes to OpenAI alone.
    pub fn key(&self) -> &SecretString {
        let own = !self.api_key.expose_secret().is_empty();
        if own || self.base_url() != Self::OPENAI { &self.api_key } else { &self.openai_api_key }
    }

    pub fn base_url(&self) -> String {
        let url = if self.base_url.is_empty() { Self::OPENAI } else { &self.base_url };
        url.trim_end_matches('/').to_owned()
    }

    /// The endpoint is on this machine, so that its models cost nothing.
    pub fn is_local(&self) -> bool {
        let url = url::Url::parse(&self.base_url()).ok();
        url.is_some_and(|url| match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        })
    }

    pub fn connect_time(&self) -> Duration {
        Duration::from_secs(self.connect_seconds)
    }

    pub fn idle_time(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }

    pub fn deadline(&self) -> Duration {
        Duration::from_secs(self.deadline_seconds)
    }

    pub(super) fn check(&self, plugins: &Plugins) -> Result<(), ConfigError> {
        if !self.is_configured() {
            return Ok(());
        }
        let web = url::Url::parse(&self.base_url()).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !web {
            return Err(ConfigError(
                "llm.base_url must be an http or https address, such as http://127.0.0.1:11434/v1".to_owned(),
            ));
        }
        if url::Url::parse(&self.base_url()).is_ok_and(|url| !url.username().is_empty() || url.password().is_some()) {
            return Err(ConfigError(
                "llm.base_url holds a user or a password; a key belongs into llm.api_key".to_owned(),
            ));
        }
        if !(self.daily_usd >= 0.0 && self.daily_usd.is_finite()) {
            return Err(ConfigError("llm.daily_usd must be 0 or more".to_owned()));
        }
        if self.key().expose_secret().chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(ConfigError("llm.api_key holds white space or control characters".to_owned()));
        }
        if self.context_tokens < self.answer_tokens as usize + 500 {
            return Err(ConfigError("llm.context_tokens must exceed llm.answer_tokens by at least 500".to_owned()));
        }
        for (name, plugin) in plugins.iter() {
            if plugin.deadline() <= self.deadline() {
                return Err(ConfigError(format!(
                    "plugins.{name}.deadline_seconds must exceed llm.deadline_seconds: otherwise the plugin is given up before its model"
                )));
            }
        }
        Ok(())
    }
}

/// Variables of the environment are read as numbers where they look like numbers, and a key must not be shown in a complaint.
fn text_or_number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Key {
        Text(String),
        Number(u64),
        Other(serde::de::IgnoredAny),
    }
    match Key::deserialize(from)? {
        Key::Text(text) => Ok(text.into()),
        Key::Number(number) => Ok(number.to_string().into()),
        Key::Other(_) => Err(serde::de::Error::custom("a key has to be a text")),
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    pub model: String,
}

/// Which embedding model the library is searched with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmbeddingChoice {
    /// The one in the binary.
    Embedded,
    /// A sentence-transformers model in a folder.
    Folder(PathBuf),
    /// One at the endpoint of the language model, by its name there.
    Endpoint(String),
}

impl Embedding {
    const ENDPOINT_DEFAULT: &str = "text-embedding-3-small";

    pub fn choice(&self) -> EmbeddingChoice {
        if let Some(folder) = self.model.strip_prefix("local:") {
            return EmbeddingChoice::Folder(PathBuf::from(folder));
        }
        match self.model.as_str() {
            "embedded" => EmbeddingChoice::Embedded,
            "endpoint" => EmbeddingChoice::Endpoint(Self::ENDPOINT_DEFAULT.to_owned()),
            name => EmbeddingChoice::Endpoint(name.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn config(toml: &str) -> Result<Config, ConfigError> {
        Config::from_toml(toml)
    }

    #[test]
    fn a_key_alone_means_openai_and_an_address_alone_a_server_without_keys() {
        assert!(!config("").unwrap().llm.is_configured());
        let openai = config("[llm]\napi_key = \"sk-x\"").unwrap().llm;
        assert!(openai.is_configured() && openai.base_url() == Llm::OPENAI && !openai.is_local());
        let local = config("[llm]\nbase_url = \"http://127.0.0.1:11434/v1/\"").unwrap().llm;
        assert!(local.is_local() && local.base_url() == "http://127.0.0.1:11434/v1");
    }

    #[test]
    fn the_key_other_tools_use_goes_to_openai_alone() {
        let openai = config("[llm]\nopenai_api_key = \"sk-x\"").unwrap().llm;
        assert!(openai.is_configured() && openai.key().expose_secret() == "sk-x");
        let elsewhere =
            config("[llm]\nopenai_api_key = \"sk-x\"\nbase_url = \"http://gateway.internal/v1\"").unwrap().llm;
        assert_eq!(elsewhere.key().expose_secret(), "");
    }

    #[test]
    fn a_key_of_digits_is_a_key() {
        assert_eq!(config("[llm]\napi_key = 123456").unwrap().llm.key().expose_secret(), "123456");
        assert!(!config("[llm]\napi_key = [\"sk-secret\"]").unwrap_err().to_string().contains("sk-secret"));
    }

    #[test]
    fn the_key_is_not_in_what_is_printed_of_the_configuration() {
        let config = config("[llm]\napi_key = \"sk-very-secret\"").unwrap();
        assert!(!format!("{config:?}").contains("very-secret"));
    }

    #[test]
    fn what_cannot_work_is_refused_with_the_key_that_is_wrong() {
        let wrong = |toml: &str| config(toml).unwrap_err().to_string();
        assert!(wrong("[llm]\nbase_url = \"ftp://x\"").contains("llm.base_url"));
        assert!(wrong("[llm]\napi_key = \"sk x\"").contains("llm.api_key"));
        assert!(wrong("[embedding]\nmodel = \"endpoint\"").contains("llm.base_url"));
        assert!(wrong("[llm]\nbase_url = \"http://user:secret@x/v1\"").contains("llm.api_key"));
        assert!(wrong("[llm]\napi_key = \"x\"\ndaily_usd = -1.0").contains("llm.daily_usd"));
        let late = "[llm]\napi_key = \"x\"\ndeadline_seconds = 60\n";
        assert!(wrong(late).contains("plugins.analyzer.deadline_seconds"));
    }
}
