use async_graphql::http::GraphiQLSource;
use axum::response::Html;

/// GraphiQL. Its scripts come from a public site for now; everything else Pathwright does needs no internet.
pub(super) async fn graphiql() -> Html<String> {
    Html(GraphiQLSource::build().endpoint("/graphql").subscription_endpoint("/graphql/ws").title("Pathwright").finish())
}

pub(super) async fn start() -> Html<&'static str> {
    Html(START)
}

const START: &str = "<!doctype html>
<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Pathwright</title>
<body style=\"font: 1rem/1.6 system-ui; max-width: 40rem; margin: 3rem auto; padding: 0 1rem\">
<h1>Pathwright</h1>
<p>Paste a job posting; get a learning path over your own library.</p>
<ul>
<li><a href=\"/graphiql\">GraphiQL</a>: explore the API (needs the internet for its scripts)</li>
<li><code>POST /graphql</code>, <code>/graphql/ws</code>: the API itself</li>
<li><a href=\"/readyz\">/readyz</a>: whether everything works</li>
</ul>
";
