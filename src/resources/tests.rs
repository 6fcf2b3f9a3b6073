use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::ask::Outside;
use super::*;

/// Status and the redirect's target by method and path, such as `HEAD /a`; what is not listed is answered 200.
type Pages = HashMap<&'static str, (u16, String)>;

/// A web server on loopback that notes what it was asked, and how often at the same time.
struct Site {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    most_at_once: Arc<Mutex<(usize, usize)>>,
}

impl Site {
    async fn start(pages: impl FnOnce(SocketAddr) -> Pages) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let site = Self { address, asked: Arc::default(), most_at_once: Arc::default() };
        let (pages, asked, busy) = (Arc::new(pages(address)), site.asked.clone(), site.most_at_once.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, pages.clone(), asked.clone(), busy.clone()));
            }
        });
        site
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn entry(&self, path: &str) -> Curated {
        entry(&format!("http://{}{path}", self.address))
    }
}

async fn serve(
    mut stream: TcpStream,
    pages: Arc<Pages>,
    asked: Arc<Mutex<Vec<String>>>,
    busy: Arc<Mutex<(usize, usize)>>,
) {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(count @ 1..) => head.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let request = head.split(" HTTP/").next().unwrap_or_default().to_owned();
    assert!(head.to_lowercase().contains("user-agent: pathwright/"), "{head}");
    asked.lock().unwrap().push(request.clone());
    {
        let mut busy = busy.lock().unwrap();
        *busy = (busy.0 + 1, busy.1.max(busy.0 + 1));
    }
    // Whoever else is at the door gets a chance to be counted.
    tokio::task::yield_now().await;
    let (status, location) = pages.get(request.as_str()).cloned().unwrap_or((200, String::new()));
    let location = if location.is_empty() { location } else { format!("location: {location}\r\n") };
    let answer = format!("HTTP/1.1 {status} X\r\n{location}content-length: 0\r\nconnection: close\r\n\r\n");
    busy.lock().unwrap().0 -= 1;
    if status != 0 {
        let _ = stream.write_all(answer.as_bytes()).await;
    }
}

fn entry(url: &str) -> Curated {
    Curated { title: "A page".to_owned(), url: url.parse().unwrap() }
}

/// So short that tests need not wait.
fn patience() -> Patience {
    Patience { pause: Duration::from_millis(1), ..Patience::default() }
}

async fn findings(entries: &[Curated]) -> Vec<(Finding, Option<u16>)> {
    let checks = check(entries, patience(), |_| {}).await.unwrap();
    entries.iter().map(|entry| found(&checks, entry)).map(|check| (check.finding, check.status)).collect()
}

fn found<'c>(checks: &'c [ResourceCheck], entry: &Curated) -> &'c ResourceCheck {
    checks.iter().find(|check| check.url == entry.url.as_str()).unwrap()
}

fn pages<const N: usize>(pages: [(&'static str, u16, &str); N]) -> Pages {
    pages.into_iter().map(|(request, status, target)| (request, (status, target.to_owned()))).collect()
}

#[tokio::test]
async fn each_answer_is_told_for_what_it_is() {
    let site = Site::start(|_| {
        pages([
            ("HEAD /no-head", 405, ""),
            ("HEAD /gone", 404, ""),
            ("GET /gone", 410, ""),
            ("HEAD /broken", 503, ""),
            ("GET /broken", 503, ""),
            ("HEAD /robots", 403, ""),
            ("GET /robots", 403, ""),
            ("HEAD /busy", 429, ""),
            ("GET /busy", 429, ""),
        ])
    })
    .await;
    let entries = ["/fine", "/no-head", "/gone", "/broken", "/robots", "/busy"].map(|path| site.entry(path));
    assert_eq!(
        findings(&entries).await,
        [
            (Finding::Fine, Some(200)),
            (Finding::Fine, Some(200)),
            (Finding::Dead, Some(410)),
            (Finding::Dead, Some(503)),
            (Finding::Refused, Some(403)),
            (Finding::Refused, Some(429)),
        ]
    );
    let asked = site.asked();
    assert!(!asked.contains(&"GET /fine".to_owned()), "HEAD was enough");
    assert_eq!(asked.iter().filter(|request| *request == "GET /gone").count(), 2, "twice in a row");
    assert_eq!(asked.iter().filter(|request| *request == "GET /robots").count(), 1);
    assert_eq!(site.most_at_once.lock().unwrap().1, 1, "one at a time of one host");
}

#[tokio::test]
async fn only_what_moved_for_good_is_called_moved() {
    let site = Site::start(|_| {
        pages([
            ("HEAD /old", 301, "/newer"),
            ("HEAD /newer", 308, "/new#part"),
            ("HEAD /new", 302, "/login"),
            ("HEAD /today", 302, "/2026"),
            ("HEAD /round", 301, "/round"),
            ("HEAD /mail", 301, "mailto:a@b.example"),
        ])
    })
    .await;
    let entries = ["/old", "/today", "/round", "/mail"].map(|path| site.entry(path));
    let checks = check(&entries, patience(), |_| {}).await.unwrap();
    let old = found(&checks, &entries[0]);
    let new = format!("http://{}/new#part", site.address);
    assert_eq!((old.finding, old.moved_to.as_ref()), (Finding::Moved, Some(&new)));
    assert_eq!(found(&checks, &entries[1]).finding, Finding::Fine);
    let reason = |at: usize| found(&checks, &entries[at]).reason.clone().unwrap();
    assert!(reason(2).contains("goes round") && reason(3).contains("no web address"), "{} {}", reason(2), reason(3));
}

/// Says that a name of the public internet is this machine: what a hostile page's owner could not do, because [`Outside`] refuses.
struct Here;

impl Resolve for Here {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Ok(Box::new(std::iter::once(SocketAddr::from(([127, 0, 0, 1], 0)))) as Addrs) })
    }
}

#[tokio::test]
async fn a_public_address_leads_nowhere_inside() {
    let site = Site::start(|address| {
        let inside = format!("http://{address}/secret");
        HashMap::from([("HEAD /book", (302, inside)), ("HEAD /page", (302, "/there".to_owned()))])
    })
    .await;
    let public = |path: &str| entry(&format!("http://books.example:{}{path}", site.address.port()));
    let entries = [public("/book"), public("/page")];
    let asker = Asker::with_names(patience(), Here).unwrap();
    let checks = check_with(&asker, &entries, |_| {}).await.unwrap();
    let trapped = found(&checks, &entries[0]);
    assert!(
        trapped.finding == Finding::Dead && trapped.reason.as_ref().unwrap().contains("not on the public internet")
    );
    assert_eq!(found(&checks, &entries[1]).finding, Finding::Fine);
    assert!(site.asked().iter().all(|request| !request.contains("/secret")));
}

#[tokio::test]
async fn an_entry_that_lies_inside_itself_may_stay_there() {
    let site = Site::start(|address| HashMap::from([("HEAD /a", (302, format!("http://{address}/b")))])).await;
    assert_eq!(findings(&[site.entry("/a")]).await, [(Finding::Fine, Some(200))]);
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_refused() {
    let refused = Outside.resolve("localhost".parse().unwrap()).await.err().unwrap();
    assert!(refused.to_string().contains("no address of the public internet"));
}

#[tokio::test]
async fn without_a_network_nothing_is_found_out_and_it_is_said_once() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let entries: Vec<Curated> = (0..30).map(|number| entry(&format!("http://{closed}/{number}"))).collect();
    let failed = check(&entries, patience(), |_| {}).await.unwrap_err();
    assert!(matches!(failed, CannotCheck::NoNetwork(SILENT)), "{failed}");
}

#[tokio::test]
async fn what_does_not_answer_in_time_is_dead_and_what_takes_long_is_slow() {
    // Accepts connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = Site::start(|_| Pages::new()).await;
    let entries = [entry(&format!("http://{}/", silent.local_addr().unwrap())), site.entry("/")];
    let hasty = Patience { answer: Duration::from_millis(300), slow: Duration::ZERO, ..patience() };
    let checks = check(&entries, hasty, |_| {}).await.unwrap();
    assert_eq!(found(&checks, &entries[0]).reason.as_deref(), Some("it does not answer in time"));
    assert_eq!(found(&checks, &entries[1]).finding, Finding::Slow);
}
