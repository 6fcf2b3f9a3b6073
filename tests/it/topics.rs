use serde_json::{Value, json};

use crate::test_app::TestApp;

/// A field of which the topic map has never heard, in chapters of which the later ones refer back to the earlier ones. The file names
/// say another order than a learner needs for the trades in between, so that the references have to tell.
const CHAPTERS: &[(&str, &str)] = &[
    (
        "Standing rigging",
        "Standing rigging is the set of wires that hold up a mast. The standing rigging stays where it is while the boat sails, and \
         its tension is set in harbour. Without standing rigging no mast would stand for an hour.\n\n\
         ## Forestays\n\nA forestay is the wire that runs from the mast to the bow. The forestay keeps the mast from falling aft. A slack \
         forestay makes the headsail sag, so the forestay is tightened before the race.\n\n\
         ## Shrouds\n\nA shroud is a wire that holds the mast sideways. Each shroud ends in a bottle screw at the deck. Shrouds on the \
         windward side carry the load, and slack shrouds on the other side are a sign of it.\n",
    ),
    (
        "Mast tuning",
        "Mast tuning means setting the tension of every wire until the mast stands straight. Mast tuning begins at the dock with the \
         [shrouds](#shrouds), whose tension was explained before, and goes on with the [forestay](#forestays). Good mast tuning is \
         checked under sail.\n\n\
         ## Prebend\n\nPrebend is the curve that a mast is given on purpose. Mast tuning comes first: only a mast that stands \
         straight can be given prebend, as described under [mast tuning](#mast-tuning). More prebend makes the mainsail flatter, and \
         too much prebend makes it wrinkle.\n",
    ),
    (
        "Wire rope splicing",
        "Wire rope splicing is the craft of joining the strands of a wire rope without a clamp. Wire rope splicing takes a spike, a vice \
         and patience. A *Liverpool splice* is a splice whose strands are tucked with the lay. We will see in \
         [prebend](#prebend) that it has no part in wire rope splicing.\n",
    ),
    ("Exercises", "Name three wires of a boat. Draw them.\n"),
];

const POSTING: &str = "# Boat rigger\n\nWe fit out racing yachts.\n\n## Your tasks\n- Mast tuning and setting prebend before the race\n\
    - Checking shrouds and forestays\n\n## Requirements\n- Experience with standing rigging\n- Wire rope splicing, such as the Liverpool \
    splice\n- You need no knowledge of keel bolts\n";

fn book(chapters: &[(&str, &str)]) -> String {
    let chapter = |(title, text): &(&str, &str)| format!("# {title}\n\n{text}\n");
    chapters.iter().map(chapter).collect()
}

async fn ingest(app: &TestApp, title: &str, text: &str) -> String {
    let ingest = "mutation($title: String!, $text: String!) {
        ingestBook(input: { title: $title, format: MARKDOWN, text: $text }) { book { id } userErrors { message } }
    }";
    let answer = app.query(ingest, json!({ "title": title, "text": text })).await;
    answer["data"]["ingestBook"]["book"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

const TOPICS: &str = "query($search: String, $after: String, $first: Int = 20) {
    library { topics(search: $search, after: $after, first: $first) {
        totalCount pageInfo { hasNextPage endCursor } edges { node { id title origin area aliases sections { title book { id } } } }
    } }
}";

fn nodes(answer: &Value) -> Vec<Value> {
    let edges = answer["data"]["library"]["topics"]["edges"].as_array().unwrap_or_else(|| panic!("{answer}"));
    edges.iter().map(|edge| edge["node"].clone()).collect()
}

fn titles(nodes: &[Value]) -> Vec<&str> {
    nodes.iter().map(|node| node["title"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_names_its_own_topics_and_they_go_with_their_book() {
    let app = TestApp::empty().await;
    let rigging = ingest(&app, "Rigging", &book(CHAPTERS)).await;
    ingest(
        &app,
        "Deck hands",
        "# The mast tunings\n\nMast tuning again. Mast tuning is fun.\n\n# SQL\n\nSQL is what SQL does. SQL!\n",
    )
    .await;
    let all = nodes(&app.query(TOPICS, json!({})).await);
    assert_eq!(
        titles(&all),
        [
            "Forestays",
            "Liverpool splice",
            "Mast tuning",
            "Prebend",
            "Shrouds",
            "SQL",
            "Standing rigging",
            "Wire rope splicing"
        ]
    );
    let tuning = &all[2];
    assert_eq!((&tuning["origin"], &all[3]["area"]), (&json!("LIBRARY"), &json!("Mast tuning")));
    let books: Vec<&Value> =
        tuning["sections"].as_array().unwrap().iter().map(|section| &section["book"]["id"]).collect();
    assert_eq!(books, ["deck-hands", "rigging"]);
    assert_eq!(all[5]["origin"], "TOPIC_MAP");

    let found = nodes(&app.query(TOPICS, json!({ "search": "RIGG" })).await);
    assert_eq!(titles(&found), ["Standing rigging"]);
    let first = app.query(TOPICS, json!({ "first": 5 })).await;
    let info = &first["data"]["library"]["topics"]["pageInfo"];
    assert_eq!((nodes(&first).len(), &info["hasNextPage"]), (5, &json!(true)));
    let rest = nodes(&app.query(TOPICS, json!({ "first": 5, "after": info["endCursor"] })).await);
    assert_eq!(titles(&rest), ["SQL", "Standing rigging", "Wire rope splicing"]);

    app.query("mutation($id: ID!) { removeBook(input: { id: $id }) { removedId } }", json!({ "id": rigging })).await;
    let left = nodes(&app.query(TOPICS, json!({})).await);
    assert_eq!(titles(&left), ["Mast tunings", "SQL"]);
    assert_eq!(left[0]["sections"].as_array().unwrap().len(), 1);
    app.stop().await;
}

const PATH: &str = "mutation($posting: String!) {
    updateJobProfile(input: { userId: \"joe\", jobTitle: \"Rigger\", jobDescription: $posting, wait: true }) {
        jobProfile { requiredTopics { title evidence } origin }
        learningPath { coveragePercentage stages { name topics {
            id title topic { origin } prerequisites { title origin strength } source { section book { id } } } } }
        userErrors { message }
    }
}";

#[tokio::test(flavor = "multi_thread")]
async fn a_field_the_map_has_never_heard_of_has_a_path() {
    let app = TestApp::empty().await;
    ingest(&app, "Rigging", &book(CHAPTERS)).await;
    let answer = app.query(PATH, json!({ "posting": POSTING })).await;
    let payload = &answer["data"]["updateJobProfile"];
    let required = payload["jobProfile"]["requiredTopics"].as_array().unwrap_or_else(|| panic!("{answer}"));
    for (title, evidence) in [
        ("Standing rigging", "Experience with standing rigging"),
        ("Prebend", "Mast tuning and setting prebend before the race"),
        ("Liverpool splice", "Wire rope splicing, such as the Liverpool splice"),
    ] {
        let found =
            required.iter().find(|topic| topic["title"] == title).unwrap_or_else(|| panic!("{title}: {answer}"));
        assert_eq!(found["evidence"], evidence);
    }
    assert!(required.iter().all(|topic| !topic["title"].as_str().unwrap().contains("eel")), "{answer}");
    check_order(payload);
    check_uses(&app).await;
    app.stop().await;
}

/// What the book refers back to comes first, and every topic is read where the book treats it.
fn check_order(payload: &Value) {
    let stages = payload["learningPath"]["stages"].as_array().unwrap_or_else(|| panic!("{payload}"));
    let topics: Vec<&Value> = stages.iter().flat_map(|stage| stage["topics"].as_array().unwrap()).collect();
    let place = |title: &str| {
        topics.iter().position(|topic| topic["title"] == title).unwrap_or_else(|| panic!("{title}: {payload}"))
    };
    assert!(place("Shrouds") < place("Mast tuning") && place("Forestays") < place("Mast tuning"), "{payload}");
    assert!(place("Mast tuning") < place("Prebend"), "{payload}");
    let needs = |title: &str| topics[place(title)]["prerequisites"].as_array().unwrap();
    let crossed = needs("Prebend").iter().find(|needed| needed["title"] == "Mast tuning").unwrap();
    assert_eq!(crossed["origin"], "CROSS_REFERENCE");
    // "We will see in …" announces; it does not build on anything.
    assert!(needs("Wire rope splicing").iter().all(|needed| needed["title"] != "Prebend"), "{payload}");
    for (title, section) in
        [("Shrouds", "Shrouds"), ("Prebend", "Prebend"), ("Wire rope splicing", "Wire rope splicing")]
    {
        let source = &topics[place(title)]["source"];
        assert_eq!((&source["section"], &source["book"]["id"]), (&json!(section), &json!("rigging")), "{payload}");
        assert_eq!(topics[place(title)]["topic"]["origin"], "LIBRARY");
    }
}

/// Coverage, pieces and progress take a topic of the library as one of the map.
async fn check_uses(app: &TestApp) {
    let coverage = "{ coverage(topic: \"mast tunings\") { covered topic { id title origin } source { section } } }";
    let verdict = &app.query(coverage, json!({})).await["data"]["coverage"];
    assert_eq!(verdict["topic"], json!({ "id": "mast-tuning", "title": "Mast tuning", "origin": "LIBRARY" }));
    assert_eq!((&verdict["covered"], &verdict["source"]["section"]), (&json!(true), &json!("Mast tuning")));
    let unknown = "{ coverage(topic: \"keel bolts\") { covered topic { origin } } }";
    assert_eq!(app.query(unknown, json!({})).await["data"]["coverage"]["topic"]["origin"], "NAMED");
    let request = "mutation { requestContent(input: { userId: \"joe\", topicId: \"prebend\", kind: SUMMARY }) {
        content { topic { title } citations { passage { section { title } } } } userErrors { message } }
        completeTopic(input: { userId: \"joe\", topicId: \"shrouds\" }) {
            user { learningPath { stages { topics { title completed } } } } userErrors { message } } }";
    let answer = app.query(request, json!({})).await;
    let content = &answer["data"]["requestContent"]["content"];
    assert_eq!(content["topic"]["title"], "Prebend", "{answer}");
    assert_eq!(content["citations"][0]["passage"]["section"]["title"], "Prebend");
    let stages = answer["data"]["completeTopic"]["user"]["learningPath"]["stages"].as_array().unwrap();
    let done: Vec<&Value> = stages
        .iter()
        .flat_map(|stage| stage["topics"].as_array().unwrap())
        .filter(|topic| topic["completed"] == true)
        .collect();
    assert_eq!(done.len(), 1);
    assert_eq!(done[0]["title"], "Shrouds");
}
