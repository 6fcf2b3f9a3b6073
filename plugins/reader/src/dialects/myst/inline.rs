use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::Deserialize;

use crate::dialects::referred;

/// Roles whose content is code, beside those that every dialect knows.
const CODE_ROLES: [&str; 20] = [
    "attr", "class", "command", "const", "data", "envvar", "exc", "file", "func", "kbd", "member", "meth", "mod",
    "obj", "option", "program", "py", "samp", "type", "keyword",
];

/// What the front matter says that `{{ name }}` stands for.
pub fn substitutions(text: &str) -> HashMap<String, String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Front {
        substitutions: HashMap<String, serde_json::Value>,
        myst: Option<Box<Front>>,
    }
    let Some((front, _)) = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---")) else {
        return HashMap::new();
    };
    let front: Front = serde_yaml_ng::from_str(front).unwrap_or_default();
    let inner = front.myst.map(|myst| myst.substitutions).unwrap_or_default();
    let words = front.substitutions.into_iter().chain(inner);
    words.filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
}

struct Patterns {
    /// Dollars with the label behind them.
    closing: Regex,
    role: Regex,
    substitution: Regex,
    /// A link without text, or one of a scheme that only MyST knows.
    link: Regex,
    /// What an image, a link or a span of text is to look like.
    attributes: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and every test of this file compiles them")]
    let regex = |pattern: &str| Regex::new(pattern).expect("a constant pattern");
    Patterns {
        closing: regex(r"\$\$\s*\([\w:.-]+\)\s*$|\$\$\s*\{#[^}]*\}\s*$|\$\$\s*$"),
        role: regex(r"\{([A-Za-z][\w:.-]*)\}`([^`\n]+)`"),
        substitution: regex(r"\{\{\s*([\w-]+)\s*\}\}"),
        link: regex(r"(^|[^!\]])\[\]\(([^()\s]+)\)|<(?:project|path|inv):([^>\s]+)>"),
        attributes: regex(r#"([\])`])\{\s*(?:[#.][\w-]|\w+=["\w%])[^{}\n]*\}"#),
    }
});

/// A line that ends with dollars, without the label behind them.
pub fn without_label(line: &str) -> Option<String> {
    PATTERNS.closing.is_match(line).then(|| PATTERNS.closing.replace(line, "$$$$").into_owned())
}

/// A line of text. `words` are what the front matter says that names stand for.
pub fn inline(line: &str, words: &HashMap<String, String>) -> String {
    if !line.contains(['{', '[', '<']) {
        return line.to_owned();
    }
    let line = PATTERNS
        .substitution
        .replace_all(line, |found: &Captures| words.get(&found[1]).cloned().unwrap_or_else(|| found[0].to_owned()));
    let line = PATTERNS.role.replace_all(&line, |found: &Captures| role(&found[1], &found[2], &found[0]));
    let line = PATTERNS.link.replace_all(&line, |found: &Captures| {
        let target = found.get(2).or(found.get(3)).map_or("", |target| target.as_str());
        let before = found.get(1).map_or("", |before| before.as_str());
        format!("{before}[{}]({target})", referred(target.rsplit('#').next().unwrap_or_default()))
    });
    PATTERNS.attributes.replace_all(&line, "$1").into_owned()
}

/// Roles that the other dialects lack, in the way of those that they have.
fn role(name: &str, content: &str, whole: &str) -> String {
    let (text, target) = match content.strip_suffix('>').and_then(|content| content.rsplit_once('<')) {
        Some((text, target)) => (text.trim(), Some(target)),
        None => (content, None),
    };
    match (name, target) {
        ("doc", None) => {
            let last = content.rsplit('/').next().unwrap_or_default().trim_end_matches(".md");
            format!("{{doc}}`{} <{content}>`", last.replace(['-', '_'], " "))
        }
        (_, Some(target)) if text.contains("%s") || text.contains("{number}") || text.contains("{name}") => {
            format!("{{numref}}`{target}`")
        }
        ("index", _) if !content.contains(':') && !content.contains(';') => format!("{text}{{index}}`{content}`"),
        ("pep", None) => format!("PEP {text}"),
        ("rfc", None) => format!("RFC {text}"),
        (name, _) if name.starts_with("glue") => String::new(),
        (name, _) if CODE_ROLES.contains(&name.rsplit(':').next().unwrap_or_default()) => {
            match text.strip_prefix('~') {
                Some(path) => format!("`{}`", path.rsplit('.').next().unwrap_or_default()),
                None => format!("`{}`", text.trim_start_matches('!')),
            }
        }
        _ => whole.to_owned(),
    }
}
