use std::collections::{BTreeMap, HashMap, HashSet};

use pathwright_api::library::FoundPassage;
use pathwright_api::{Failure, text};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::key;
use super::relevant::sections;
use super::search::SearchLabel;
use crate::services::Services;
use pathwright_api::library::Section;

/// Words a section has to have for its title to be a query: below that there is nothing to find.
const ENOUGH: usize = 30;

/// Phrases that are drawn, and words of each.
const PHRASES: usize = 200;
const PHRASE: usize = 3;

/// How often a section has to name a thing to be about it.
const OFTEN: usize = 3;

/// Letters of the shortest word that gets a slip of the finger.
const MISSPELT: usize = 5;

/// What queries are made of the library itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// The titles of all sections with enough text; of several sections under one title each is to be found.
    Titles,
    /// Words in a row out of passages, in quotation marks; every section that holds them is to be found.
    Phrases,
    /// Acronyms and their expansions; what is to be found are sections about the thing under its other name alone.
    Acronyms,
}

/// Queries made of the library; the `seed` draws phrases.
pub async fn made(services: &Services, made: Made, seed: u64) -> Result<Vec<SearchLabel>, Failure> {
    let sections = sections(&services.store).await?;
    let mut passages = Vec::new();
    for book in services.store.book_editions().await? {
        passages.extend(services.store.passages_of_book(&book.id, &book.content_hash).await?);
    }
    Ok(match made {
        Made::Titles => titles(&sections, &passages),
        Made::Phrases => phrases(&passages, seed),
        Made::Acronyms => acronyms(&services.searcher.acronyms().await?, &passages),
    })
}

fn titles(sections: &[Section], passages: &[FoundPassage]) -> Vec<SearchLabel> {
    let mut words: HashMap<&str, usize> = HashMap::new();
    for passage in passages {
        *words.entry(&passage.section_id).or_default() += passage.text.split_whitespace().count();
    }
    let has_enough = |section: &&Section| words.get(section.id.as_str()).is_some_and(|words| *words >= ENOUGH);
    let mut titles: BTreeMap<String, SearchLabel> = BTreeMap::new();
    for section in sections.iter().filter(has_enough) {
        if !text::content_stems(&section.title).is_empty() {
            let row = titles.entry(key(&section.title)).or_insert_with(|| SearchLabel::of(section.title.clone()));
            row.sections.push(section.id.clone());
        }
    }
    titles.into_values().collect()
}

fn phrases(passages: &[FoundPassage], seed: u64) -> Vec<SearchLabel> {
    let texts: Vec<(&str, String)> =
        passages.iter().map(|passage| (passage.section_id.as_str(), spaced(&passage.text))).collect();
    let mut random = StdRng::seed_from_u64(seed);
    let mut rows: BTreeMap<String, SearchLabel> = BTreeMap::new();
    // Bounded: a library of very short passages has no phrase.
    for _ in 0..10 * PHRASES {
        if rows.len() == PHRASES || texts.is_empty() {
            break;
        }
        let words: Vec<&str> = texts[random.random_range(0..texts.len())].1.split_whitespace().collect();
        let Some(last) = words.len().checked_sub(PHRASE) else {
            continue;
        };
        let begin = random.random_range(0..=last);
        let phrase = &words[begin..begin + PHRASE];
        let says = |word: &&str| word.len() > 2 && !text::is_stop_word(word) && word.chars().all(char::is_alphabetic);
        if !says(&phrase[0]) || !says(&phrase[PHRASE - 1]) {
            continue;
        }
        let stands = format!(" {} ", phrase.join(" "));
        let holds = texts.iter().filter(|(_, text)| text.contains(&stands)).map(|(section, _)| (*section).to_owned());
        let row = SearchLabel { sections: distinct(holds), ..SearchLabel::of(format!("\"{}\"", phrase.join(" "))) };
        rows.insert(stands, row);
    }
    rows.into_values().collect()
}

fn acronyms(pairs: &[(String, String)], passages: &[FoundPassage]) -> Vec<SearchLabel> {
    let texts: Vec<(&str, String)> =
        passages.iter().map(|passage| (passage.section_id.as_str(), lemmas(passage))).collect();
    let about = |asked: &str, other: &str| {
        let (asked, other) = (phrase(asked), phrase(other));
        let mut times: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for (section, text) in &texts {
            let (here, there) = times.entry(section).or_default();
            *here += text.matches(&asked).count();
            *there += text.matches(&other).count();
        }
        let alone = times.into_iter().filter(|(_, (asked, other))| *asked == 0 && *other >= OFTEN);
        alone.map(|(section, _)| section.to_owned()).collect::<Vec<String>>()
    };
    let both = pairs.iter().flat_map(|(short, long)| [(short, long), (long, short)]);
    let rows =
        both.map(|(asked, other)| SearchLabel { sections: about(asked, other), ..SearchLabel::of(asked.clone()) });
    rows.filter(|row| !row.sections.is_empty()).collect()
}

/// The words in small letters, a space around each.
fn spaced(text: &str) -> String {
    let words: Vec<String> = text::tokens(text).into_iter().map(|token| token.raw.to_lowercase()).collect();
    format!(" {} ", words.join(" "))
}

fn lemmas(passage: &FoundPassage) -> String {
    format!(" {} ", text::lemmas(&passage.text).join("  "))
}

fn phrase(name: &str) -> String {
    format!(" {} ", text::lemmas(name).join("  "))
}

fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    names.filter(|name| seen.insert(name.clone())).collect()
}

/// The same queries with a slip of the finger in one long word of each: a neighbouring key, two letters swapped, or one left out.
/// Queries without a long word are left out.
pub fn misspelt(rows: Vec<SearchLabel>, seed: u64) -> Vec<SearchLabel> {
    let mut random = StdRng::seed_from_u64(seed);
    let slipped = |row: SearchLabel| Some(SearchLabel { query: slip(&row.query, &mut random)?, ..row });
    rows.into_iter().filter_map(slipped).collect()
}

fn slip(query: &str, random: &mut StdRng) -> Option<String> {
    let is_long =
        |word: &text::Token<'_>| word.raw.len() >= MISSPELT && word.raw.bytes().all(|b| b.is_ascii_alphabetic());
    let words: Vec<text::Token<'_>> = text::tokens(query).into_iter().filter(is_long).collect();
    let word = words.get(random.random_range(0..words.len().max(1)))?;
    let mut letters: Vec<char> = word.raw.chars().collect();
    // The first letter is usually right.
    let at = random.random_range(1..letters.len() - 1);
    match random.random_range(0..3) {
        0 => letters[at] = neighbour(letters[at], random),
        1 => letters.swap(at, at + 1),
        _ => _ = letters.remove(at),
    }
    let slipped: String = letters.into_iter().collect();
    Some(format!("{}{slipped}{}", &query[..word.start], &query[word.end()..]))
}

/// A key beside that of a letter.
fn neighbour(letter: char, random: &mut StdRng) -> char {
    const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
    let small = letter.to_ascii_lowercase();
    let place = ROWS.iter().enumerate().find_map(|(row, keys)| Some((row, keys.find(small)?)));
    let Some((row, at)) = place else {
        return letter;
    };
    let key = |row: usize, at: usize| ROWS.get(row).and_then(|keys| keys.chars().nth(at));
    let around = [
        key(row, at + 1),
        at.checked_sub(1).and_then(|at| key(row, at)),
        key(row + 1, at),
        row.checked_sub(1).and_then(|row| key(row, at)),
    ];
    let around: Vec<char> = around.into_iter().flatten().collect();
    around[random.random_range(0..around.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use pathwright_api::testing::passage;

    fn section(id: &str, title: &str) -> Section {
        Section {
            id: id.into(),
            book: "b".into(),
            ordinal: 0,
            title: title.into(),
            heading: vec![title.into()],
            page: None,
            terms: vec![],
            references: vec![],
        }
    }

    #[test]
    fn a_title_asks_for_every_section_under_it_that_says_something() {
        let text = "word ".repeat(ENOUGH);
        let in_section = |id: &str, text: &str| FoundPassage { section_id: id.into(), ..passage(id, "t", text) };
        let passages =
            [in_section("1", &text), in_section("2", &text), in_section("3", "too short"), in_section("4", &text)];
        let sections = [section("1", "Dropout"), section("2", "dropout"), section("3", "Dropout"), section("4", "The")];
        let rows = titles(&sections, &passages);
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (rows[0].query.as_str(), rows[0].sections.as_slice()),
            ("Dropout", &["1".to_owned(), "2".to_owned()][..])
        );
    }

    #[test]
    fn a_phrase_asks_for_every_section_that_holds_it() {
        let passages =
            [passage("p", "One", "Stochastic gradient descent"), passage("q", "Two", "A stochastic, gradient descent")];
        let rows = phrases(&passages, 1);
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].query.as_str(), rows[0].sections.len()), ("\"stochastic gradient descent\"", 2));
        assert!(phrases(&[], 1).is_empty());
    }

    #[test]
    fn an_acronym_asks_for_sections_that_only_write_it_out() {
        let long = "A value at risk. Values at risk. The value at risk.";
        let passages = [
            passage("p", "One", long),
            passage("q", "Two", &format!("{long} (VaR)")),
            passage("r", "Three", "VaR VaR VaR"),
        ];
        let rows = acronyms(&[("VaR".into(), "Value at Risk".into())], &passages);
        let found: Vec<(&str, &str)> = rows.iter().map(|row| (row.query.as_str(), row.sections[0].as_str())).collect();
        assert_eq!(found, [("VaR", "section-one"), ("Value at Risk", "section-three")]);
    }

    #[test]
    fn slips_are_the_same_for_the_same_seed_and_keep_the_first_letter() {
        let rows =
            || ["gradient descent", "why is it so", "training"].map(|query| SearchLabel::of(query.to_owned())).to_vec();
        let queries = |seed| misspelt(rows(), seed).into_iter().map(|row| row.query).collect::<Vec<_>>();
        assert_eq!(queries(3), queries(3));
        for seed in 0..50 {
            let slipped = queries(seed);
            assert!(
                slipped.len() == 2 && slipped[1].starts_with('t') && slipped[0].split(' ').count() == 2,
                "{slipped:?}"
            );
            assert!(strsim::osa_distance(&slipped[1], "training") <= 1);
        }
    }
}
