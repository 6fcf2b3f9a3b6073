use pathwright_api::text;
use pathwright_api::topic::{Topic, TopicKind};

/// Products by the names people use, where those differ from the map's or where the map counts them to a method: `XGBoost` is a
/// way to gradient boosting, and a tool.
const PRODUCTS: &str = "ansible|argo cd|astro|azure devops|azure openai|backstage|bash|bazel|bitbucket|bloomberg|catboost|celery|\
    circleci|cloudformation|cmake|collibra|confluence|crossplane|css|cypress|datadog|delta lake|django|\
    elasticsearch|express|fastapi|feast|figma|fivetran|flask|flux|github|github actions|gitlab|gitlab ci|grafana|\
    graphql|grpc|helm|html|hugging face|istio|jenkins|jira|keras|kibana|langchain|langgraph|lightgbm|llamaindex|\
    locust|loki|lookml|matplotlib|mixpanel|mongodb|nestjs|next.js|nginx|node.js|notion|oracle|oracle rac|pandas|\
    perf|pl/sql|playwright|plotly|postgres|postman|power apps|power automate|prophet|pulumi|pytest|quarkus|rabbitmq|\
    ragas|rails|rman|rocksdb|s3|salesforce|sap|sas|seaborn|segment|selenium|sentry|serde|shell|slurm|spring boot|\
    ssis|ssrs|statsmodels|storybook|svelte|swift|t-sql|tailwind|tla+|tokio|triton|vault|verilog|vite|vllm|webpack|\
    weights & biases|xgboost|zabbix";

/// Letters that stand for a kind of thing, never for a product.
const KINDS: &str = "ai|alm|api|apis|bi|cdn|cdp|ci|cd|crm|dwh|elt|ems|erp|etl|fix|gpu|hpc|ide|ides|kpi|ldap|llm|llms|mcp|ml|nosql|\
    oauth|olap|oltp|oms|orm|raid|rest|ssh|ssl|sso|tls|uml|vpn|webanalyse|wms|bayesian";

/// Names that everybody uses in place of the full ones.
const CALLED: [(&str, &str); 17] = [
    ("google bigquery", "bigquery"),
    ("amazon web services", "aws"),
    ("web services", "aws"),
    ("google cloud platform", "gcp"),
    ("google cloud", "gcp"),
    ("cloud platform", "gcp"),
    ("microsoft azure", "azure"),
    ("postgresql", "postgres"),
    ("amazon s3", "s3"),
    ("aws s3", "s3"),
    ("oracle database", "oracle"),
    ("reactjs", "react"),
    ("hashicorp vault", "vault"),
    ("bloomberg terminal", "bloomberg"),
    ("argocd", "argo cd"),
    ("gitlab ci/cd", "gitlab ci"),
    ("aws", "aws"),
];

/// What people call a tool: "git" for "Git version control" where that is an alias, "airflow" for "Apache Airflow".
pub fn tool_name(topic: &Topic) -> String {
    let title = topic.title.to_lowercase();
    let short = without_vendor(&title);
    let first = short.split(' ').next().unwrap_or(short);
    let is_alias = topic.aliases.iter().any(|alias| alias.to_lowercase() == first);
    called(if is_alias { first } else { short })
}

fn without_vendor(name: &str) -> &str {
    const VENDORS: [&str; 4] = ["apache ", "microsoft ", "ms ", "amazon "];
    VENDORS.iter().find_map(|vendor| name.strip_prefix(vendor)).unwrap_or(name)
}

fn called(name: &str) -> String {
    CALLED.iter().find(|(full, _)| *full == name).map_or(name, |(_, short)| short).to_owned()
}

/// The tool that a mention of a topic speaks of, if it speaks of one: "Grafana" where the topic is "Prometheus and Grafana", none
/// where it only says "model serving".
pub fn tool_mentioned(topic: &Topic, written: &str) -> Option<String> {
    let lower = text::squeeze(&written.to_lowercase());
    let short = called(without_vendor(&lower));
    if is_known_product(&short) {
        return Some(short);
    }
    if topic.kind != TopicKind::Tool {
        return is_camel(written).then_some(short);
    }
    let general = tool_name(topic);
    if is_kind(&general) {
        return None;
    }
    let same = lower.contains(&general) || general.contains(&lower) || compact(&lower).contains(&compact(&general));
    if is_product(topic) {
        // Another product among the names: long enough not to be an abbreviation of this one.
        let another = !same && lower.len() >= 5 && !lower.contains(' ') && has_capital(topic, &lower);
        return Some(if another { short } else { general });
    }
    (!is_kind(&lower) && is_name(topic, written) && all_named(topic, written)).then_some(short)
}

fn compact(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether a topic is one product, not a kind of products or several of them.
pub fn is_product(topic: &Topic) -> bool {
    let general = tool_name(topic);
    let capital = |word: &str| word.chars().next().is_some_and(|c| c.is_uppercase() || c.is_numeric());
    let words: Vec<&str> = topic.title.split(' ').collect();
    let one = !topic.title.contains(" and ");
    let named = words.iter().all(|word| capital(word)) || !general.contains(' ');
    one && named
}

/// Whether the map spells this name of a topic as a name: with a capital that no sentence asks for, or as a single word.
fn is_name(topic: &Topic, written: &str) -> bool {
    let single = |name: &str| !name.contains([' ', '-']) && !name.ends_with('s') && !name.ends_with("ing");
    has_capital(topic, written) || known_as(topic, written).is_some_and(single)
}

/// "Claude Code", not "CRM data".
fn all_named(topic: &Topic, written: &str) -> bool {
    let named = |word: &str| word.chars().any(|c| c.is_uppercase() || c.is_numeric());
    known_as(topic, written).is_some_and(|name| !name.contains(' ') || name.split(' ').all(named))
}

fn has_capital(topic: &Topic, written: &str) -> bool {
    let inner = |name: &str| name.chars().skip(1).any(char::is_uppercase);
    let named = |name: &str| name.chars().any(char::is_uppercase) && (name != topic.title || inner(name));
    known_as(topic, written).is_some_and(named)
}

/// The name of the topic that stands written here.
fn known_as<'t>(topic: &'t Topic, written: &str) -> Option<&'t str> {
    let lemmas = text::lemmas(written);
    topic.names().find(|name| text::lemmas(name) == lemmas)
}

/// `XGBoost`, "GitHub Actions": a word of small letters and more than one capital, "KPIs" excepted.
fn is_camel(name: &str) -> bool {
    let camel = |word: &str| {
        let body = word.strip_suffix('s').unwrap_or(word);
        let idea = ["ops", "ai", "viz", "api"].iter().any(|end| word.to_lowercase().ends_with(end));
        !idea
            && body.chars().filter(|c| c.is_uppercase()).count() >= 2
            && body.chars().any(char::is_lowercase)
            && body.len() > 4
    };
    name.split([' ', '-', '/']).any(camel)
}

/// Whether something is known for a product, whatever its topic.
pub fn is_known_product(written: &str) -> bool {
    let lower = text::squeeze(&written.to_lowercase());
    PRODUCTS.split('|').any(|product| product == lower)
}

fn is_kind(name: &str) -> bool {
    KINDS.split('|').any(|kind| kind == name)
}

/// A topic as a posting calls it, so that its readers recognise it: the words of the mention where they name the topic itself.
pub fn as_written(topic: &Topic, written: &str) -> Topic {
    let written = text::squeeze(written);
    let longer = written.split([' ', '-']).count() >= 2 || written.len() >= 9;
    let simple = written.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '&' | '+' | '/'));
    let sound = longer
        && simple
        && pathwright_api::plain::is_plain(&written)
        && text::fold(&written) != text::fold(&topic.title);
    if !sound {
        return topic.clone();
    }
    let aliases = std::iter::once(topic.title.clone()).chain(topic.aliases.iter().cloned()).collect();
    Topic { title: capitalised(&written), aliases, ..topic.clone() }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(title: &str, kind: TopicKind, aliases: &[&str]) -> Topic {
        let aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
        Topic { kind, aliases, ..Topic::unknown(title) }
    }

    #[test]
    fn tools_are_called_what_people_call_them() {
        let named = |title: &str, alias: &str| tool_name(&topic(title, TopicKind::Tool, &[alias]));
        assert_eq!(named("Git version control", "Git"), "git");
        assert_eq!(named("Apache Airflow", "Airflow DAGs"), "airflow");
        assert_eq!(named("Power BI", "DAX"), "power bi");
        assert_eq!(named("PostgreSQL", "Postgres"), "postgres");
        assert_eq!(named("Amazon Web Services", "AWS"), "aws");
    }

    #[test]
    fn of_several_products_the_one_that_is_mentioned_counts() {
        let both = topic("Prometheus and Grafana", TopicKind::Tool, &["Prometheus", "Grafana", "PromQL"]);
        assert_eq!(tool_mentioned(&both, "Grafana").as_deref(), Some("grafana"));
        let serving = topic("Model serving", TopicKind::Tool, &["Triton", "serving models"]);
        assert_eq!(tool_mentioned(&serving, "Triton").as_deref(), Some("triton"));
        assert_eq!(tool_mentioned(&serving, "model serving"), None);
        let sheets = topic("Microsoft Excel", TopicKind::Tool, &["Excel", "MS Excel"]);
        assert_eq!(tool_mentioned(&sheets, "MS Excel").as_deref(), Some("excel"));
        let boosting = topic("Gradient boosting", TopicKind::Method, &["XGBoost"]);
        assert_eq!(tool_mentioned(&boosting, "XGBoost").as_deref(), Some("xgboost"));
        assert_eq!(tool_mentioned(&boosting, "gradient boosting"), None);
    }

    #[test]
    fn topics_take_the_postings_words_and_keep_their_own_as_another_name() {
        let known = topic("Funnel and cohort analysis", TopicKind::Method, &["funnel analysis"]);
        let written = as_written(&known, "funnel analysis");
        assert_eq!((written.title.as_str(), &written.id), ("Funnel analysis", &known.id));
        assert!(written.names().any(|name| name == "Funnel and cohort analysis"));
    }
}
