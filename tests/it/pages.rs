use reqwest::{Method, Response};

use crate::test_app::TestApp;

async fn get(app: &TestApp, path: &str, accept: &str) -> Response {
    app.client.request(Method::GET, path).header("accept", accept).send().await.unwrap()
}

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers()[name].to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_in_the_binary_and_run_nothing_that_is_not() {
    let app = TestApp::empty().await;
    for address in ["/", "/path", "/topic/dropout", "/operator/library"] {
        let page = get(&app, address, "text/html").await;
        assert_eq!(
            (page.status().as_u16(), header(&page, "content-type")),
            (200, "text/html; charset=utf-8"),
            "{address}"
        );
        let policy = header(&page, "content-security-policy");
        assert!(policy.contains("script-src 'self';") && policy.contains("trusted-types 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && header(&page, "cache-control") == "no-cache");
        let text = page.text().await.unwrap();
        assert!(!text.contains("<script>") && !text.contains("style=") && !text.contains("://"), "{text}");
    }
    let graphiql = get(&app, "/graphiql", "text/html").await;
    let policy = header(&graphiql, "content-security-policy");
    assert!(policy.contains("script-src 'self';") && !policy.contains("script-src 'self' 'unsafe"), "{policy}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_loads_is_kept_for_good_and_what_is_not_there_is_said() {
    let app = TestApp::empty().await;
    let page = get(&app, "/", "text/html").await.text().await.unwrap();
    let script = page.split('"').find(|part| part.starts_with("/assets/index-")).unwrap();
    let loaded = get(&app, script, "*/*").await;
    assert_eq!(
        (header(&loaded, "content-type"), header(&loaded, "x-content-type-options")),
        ("text/javascript; charset=utf-8", "nosniff")
    );
    assert!(header(&loaded, "cache-control").contains("immutable"));
    for lost in ["/assets/lost.js", "/../Cargo.toml", "/missing.txt"] {
        assert_eq!(get(&app, lost, "*/*").await.status(), 404, "{lost}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_can_be_served_instead_and_nothing_around_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    let pages = folder.path().join("pages");
    std::fs::create_dir(&pages).unwrap();
    let app = TestApp::builder().without_sample().config(&format!("pages.folder = {pages:?}")).start().await;
    let empty = get(&app, "/", "text/html").await;
    assert_eq!(empty.status(), 503);
    assert!(empty.text().await.unwrap().contains("has no index.html"));
    std::fs::write(pages.join("index.html"), "<p>mine</p>").unwrap();
    assert_eq!(get(&app, "/", "text/html").await.text().await.unwrap(), "<p>mine</p>");
    for way_out in ["/%2e%2e/secret.txt", "/..%2fsecret.txt", "//etc/hostname"] {
        assert_ne!(get(&app, way_out, "*/*").await.status(), 200, "{way_out}");
    }
    app.stop().await;
}
