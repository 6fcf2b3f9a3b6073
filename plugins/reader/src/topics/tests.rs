use super::*;
use pathwright_api::library::Section;

fn document(markdown: &str) -> Vec<DocumentSection> {
    super::super::markdown::read(markdown).sections
}

/// A book as it is stored, its sections told by their titles.
fn book(id: &str, markdown: &str) -> Arc<BookTopics> {
    let sections = document(markdown).into_iter().enumerate().map(|(at, part)| Section {
        id: format!("{id}-{at}"),
        book: id.to_owned(),
        ordinal: at as u32,
        heading: vec![part.title.clone()],
        title: part.title,
        page: None,
        terms: part.terms,
        references: Vec::new(),
    });
    Arc::new(BookTopics::of(id.to_owned(), String::new(), sections.collect()))
}

fn titles(index: &TopicIndex) -> Vec<&str> {
    index.iter().map(|entry| entry.topic.title.as_str()).collect()
}

const SWARMS: &str = "# Swarm control\n\nSwarm control begins in spring. Without swarm control half of the bees leave.\n\n\
    # Exercises\n\nExercises about exercises, and more exercises.\n\n# Weather\n\nIt rains.\n\n\
    # Artificial swarm method (ASM)\n\nThe ASM parts the queen from her brood; the ASM takes an hour.\n";

#[test]
fn a_heading_is_a_topic_when_the_text_below_it_speaks_of_it() {
    let terms: Vec<Vec<String>> = document(SWARMS).into_iter().map(|section| section.terms).collect();
    let expected: [&[&str]; 4] = [&["Swarm control"], &[], &[], &["Artificial swarm method"]];
    assert_eq!(terms, expected);
    let deep =
        document("# Varroa\n\nRead on.\n\n## Counting\n\nVarroa falls. Varroa mites drop. Count varroa daily.\n");
    assert_eq!(deep[0].terms, ["Varroa"]);
}

#[test]
fn one_name_in_two_books_is_one_topic_and_initials_join_their_name() {
    let other = "# The swarm controls\n\nSwarm controls differ. *ASM* means a quick split. Swarm control helps.\n";
    let index = index(&[book("a", SWARMS), book("b", other)], &TopicMap::default());
    assert_eq!(titles(&index), ["Artificial swarm method", "Swarm control"]);
    let method = index.find("ASM").unwrap();
    assert_eq!((method.title.as_str(), &method.aliases[..]), ("Artificial swarm method", &["ASM".to_owned()][..]));
    let sections: Vec<&str> = index.sections_of(&method.id).iter().map(|section| section.section_id.as_str()).collect();
    assert_eq!(sections, ["a-3", "b-0"]);
    assert_eq!(index.sections_of(&index.find("swarm controls").unwrap().id).len(), 2);
}

#[test]
fn what_the_map_knows_stays_the_maps() {
    let toml = "area = \"Bees\"\n[[topic]]\nid = \"swarming\"\ntitle = \"Swarming\"\nkind = \"concept\"\nhours = 2\naliases = [\"swarm control\"]\n";
    let map = TopicMap::parse([("bees.toml", toml)]).unwrap();
    let index = index(&[book("a", SWARMS)], &map);
    assert!(index.find("swarm control").is_none() && index.get(&"swarming".into()).is_none());
    assert_eq!(index.sections_of(&"swarming".into())[0].section_id, "a-0");
}

#[test]
fn a_heading_that_every_chapter_has_is_no_topic() {
    let chapter = |name: &str| {
        format!("# {name}\n\n{name} is {name}, {name}.\n\n## Feeding notes\n\nFeeding notes: see feeding notes.\n\n")
    };
    let text = ["Spring", "Summer", "Winter"].map(chapter).concat();
    assert_eq!(titles(&index(&[book("a", &text)], &TopicMap::default())), ["Spring", "Summer", "Winter"]);
}

#[test]
fn without_its_book_a_topic_is_gone() {
    let books = [book("a", SWARMS), book("b", "# Honey\n\nHoney is honey: sweet honey.\n")];
    assert_eq!(index(&books, &TopicMap::default()).len(), 3);
    assert_eq!(titles(&index(&books[1..], &TopicMap::default())), ["Honey"]);
}
