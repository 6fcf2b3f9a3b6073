use std::sync::LazyLock;

use pathwright_api::plain::is_plain;
use pathwright_api::text;
use regex::Regex;

/// Longest name of a topic, in words and in characters.
const LONGEST: usize = 5;
const LONGEST_CHARACTERS: usize = 60;

/// Longest heading that is looked at, in bytes.
const LONGEST_TITLE: usize = 300;

/// What a heading or an entry of an index calls a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub title: String,
    /// Its initials, where they stand beside it in brackets.
    pub acronym: Option<String>,
}

/// The topics that a heading may name, the heading as a whole first: none for parts of books that are no subjects, for questions
/// and for sentences. Whether they are topics its text has to show.
pub fn names_in_title(title: &str) -> Vec<Name> {
    if title.len() > LONGEST_TITLE {
        return Vec::new();
    }
    let bare = bare(title);
    if is_apparatus(&bare) || is_apparatus(title) {
        return Vec::new();
    }
    let subject = subject(&bare);
    if subject.ends_with(['?', '!']) {
        return Vec::new();
    }
    let mut names: Vec<Name> = name(&subject).into_iter().collect();
    // "References and Borrowing" are two.
    let parts: Vec<&str> = split_list(&subject);
    if parts.len() > 1 && parts.iter().all(|part| is_simple(part)) && !share_head(&parts) {
        names.extend(parts.iter().filter_map(|part| name(part)));
    }
    names
}

/// The topic that an entry of an index, a glossary or a definition names.
pub fn name_of_term(term: &str) -> Option<Name> {
    if term.len() > LONGEST_TITLE {
        return None;
    }
    let term = bare(term.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '+' | '#' | ')')));
    name(&term).filter(|name| !name.title.contains('.'))
}

/// Whether a single word may be the name of a thing: those that only say how a thing is end otherwise, as a rule.
pub fn is_noun(word: &str) -> bool {
    const ENDINGS: [&str; 12] = ["al", "ar", "ive", "ous", "ic", "ed", "wise", "able", "ible", "ful", "less", "ent"];
    let word = word.to_lowercase();
    // "Hive" and "pearl" are too short for an ending.
    word.contains(' ') || !ENDINGS.iter().any(|ending| word.len() > ending.len() + 3 && word.ends_with(ending))
}

/// A heading as the name of a field: without markup and numbers; empty where it is not plain.
pub fn plain_title(title: &str) -> String {
    let bare = text::shorten(&bare(title), LONGEST_CHARACTERS);
    if is_plain(&bare) { bare } else { String::new() }
}

/// Without markup, numbers and what announces a chapter: "Chapter 3: **Hives**" is "Hives".
fn bare(title: &str) -> String {
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^(?:(?i:chapter|section|part|appendix|lesson|unit|module|lecture|week|day|step|no\.?)\s+(?:\d+|[IVXLC]+|[A-Z])\b|\d+(?:\.\d+)*\b|[A-Z]\.\d+(?:\.\d+)*|[IVXLC]+\.)\s*[.):\u{2013}\u{2014}-]*\s*",
        )
    });
    let plain: String = title.chars().filter(|c| !matches!(c, '`' | '*' | '_' | '¶')).collect();
    let plain = text::squeeze(&plain).replace("--", "-").replace("--", "-");
    let rest = NUMBER.replace(&plain, "");
    rest.into_owned()
}

/// What a heading is about: of "What Is Ownership?" ownership, of "An Introduction to Sailing" sailing.
fn subject(bare: &str) -> String {
    static QUESTION: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?i)^what(?:['\u{2019}]s| is| are) (?:an? |the )?(.+?)\?$"));
    static LEAD: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)^(?:(?:an? )?(?:\w+ )?(?:introduction to|overview of|primer on|guide to)|understanding|introducing|basics of|fundamentals of|more on|more about|all about|about|revisiting)\s+(.+)$",
        )
    });
    static TAIL: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)^(.+?)(?:,)? (?:basics|fundamentals|explained|revisited|in practice|in a nutshell|overview|from scratch|refresher|101)$",
        )
    });
    static ARTICLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^(?:the|an?)\s+"));
    let mut subject = bare.to_owned();
    for form in [&QUESTION, &LEAD, &TAIL] {
        if let Some(found) = form.captures(&subject) {
            subject = found[1].to_owned();
        }
    }
    let head = subject.split([':', '\u{2014}']).next().unwrap_or_default();
    let head = head.split(" - ").next().unwrap_or_default().split(" \u{2013} ").next().unwrap_or_default();
    ARTICLE.replace(head.trim(), "").into_owned()
}

fn split_list(subject: &str) -> Vec<&str> {
    let parts = subject.split(',').flat_map(|part| part.split(" and ")).flat_map(|part| part.split(" & "));
    parts.map(|part| part.trim().trim_start_matches("and ").trim()).filter(|part| !part.is_empty()).collect()
}

/// "Vanishing and Exploding Gradients" is not about vanishing.
fn share_head(parts: &[&str]) -> bool {
    let words = |part: Option<&&str>| part.map_or(0, |part| part.split_whitespace().count());
    words(parts.last()) > words(parts.first())
}

fn is_simple(part: &str) -> bool {
    let words: Vec<&str> = part.split_whitespace().collect();
    words.len() <= 3 && !words.iter().any(|word| text::is_stop_word(word))
}

/// A name that a subject may have; none for sentences, questions and signs.
fn name(subject: &str) -> Option<Name> {
    static BRACKETS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(.+?)\s*\(([^()]*)\)$"));
    let subject = text::squeeze(subject);
    let (title, beside) = match BRACKETS.captures(&subject) {
        Some(found) => (found[1].to_owned(), Some(found[2].to_owned())),
        None => (subject, None),
    };
    let title = title.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '+' | '#'));
    let words: Vec<&str> = title.split_whitespace().collect();
    let sound =
        is_sound(&words) && title.chars().count() <= LONGEST_CHARACTERS && is_plain(title) && !is_apparatus(title);
    let acronym = beside.filter(|beside| is_acronym(beside, title));
    sound.then(|| Name { title: capitalised(title), acronym })
}

fn is_sound(words: &[&str]) -> bool {
    const JOINING: [&str; 14] =
        ["of", "in", "for", "to", "at", "a", "an", "the", "on", "by", "from", "with", "and", "versus"];
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return false;
    };
    let lower = |word: &&str| word.to_lowercase();
    let is_word = |word: &&str| {
        word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '\'' | '\u{2019}' | '+' | '#' | '/' | '.'))
    };
    let says = words.iter().any(|word| {
        word.chars().filter(|c| c.is_alphabetic()).count() >= 3
            || word.chars().filter(|c| c.is_uppercase()).count() >= 2
    });
    let joined =
        words.iter().filter(|word| text::is_stop_word(word)).all(|word| JOINING.contains(&lower(word).as_str()));
    // "Splitting a colony" is a thing to do, "Theory of the firm" a thing to know.
    let article = words.iter().position(|word| matches!(lower(word).as_str(), "a" | "an" | "the"));
    let after_joining = article.is_none_or(|at| at > 0 && JOINING[..5].contains(&lower(&words[at - 1]).as_str()));
    let doing = lower(first).ends_with("ing")
        && words.len() > 2
        && words.iter().any(|word| text::is_stop_word(word) && lower(word) != "and");
    words.len() <= LONGEST
        && says
        && joined
        && after_joining
        && !doing
        && words.iter().all(is_word)
        && !text::is_stop_word(first)
        && !text::is_stop_word(last)
        && !is_order(&lower(first), words.len())
}

/// Headings that tell the reader to do something: "Load the data", "Create a project".
fn is_order(first: &str, words: usize) -> bool {
    const ORDERS: &str = " add adding build building check checking create creating define defining download downloading getting go going \
         implement implementing improve improving install installing let let's load loading look looking make making put putting read \
         reading run running set setting start starting test try trying update updating use using write writing turn turning work working ";
    words > 1 && ORDERS.contains(&format!(" {first} "))
}

/// Whether these letters are the initials of a name, some of them at least and in their order.
fn is_acronym(letters: &str, name: &str) -> bool {
    let body = letters.strip_suffix('s').unwrap_or(letters);
    let upper = body.chars().filter(|c| c.is_uppercase()).count();
    let sound =
        (2..=8).contains(&body.chars().count()) && body.chars().all(|c| c.is_alphanumeric() || c == '-') && upper >= 2;
    let initials: Vec<char> = text::tokens(name).iter().filter_map(|token| token.lemma.chars().next()).collect();
    let mut rest = body.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).peekable();
    for initial in &initials {
        rest.next_if_eq(initial);
    }
    let left = rest.count();
    sound && initials.len() > 1 && left * 3 <= body.len()
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Parts of books that are no subjects, and headings that say nothing without the one above them. Found by counting the headings of
/// nine books: these stand in several of them, or again and again in one.
fn is_apparatus(title: &str) -> bool {
    let folded = text::squeeze(&text::fold(title).replace(|c: char| !c.is_alphanumeric(), " "));
    folded.is_empty() || APPARATUS.split('|').any(|known| known == folded)
}

const APPARATUS: &str = "introduction|overview|summary|chapter summary|summary and discussion|conclusion|conclusions|concluding remarks|\
    exercise|exercises|answers|solutions|answers to exercises|practice problems|problems|quiz|review|review questions|questions|\
    discussion|discussions|references|reference|bibliography|further reading|additional reading|additional resources|resources|\
    see also|related work|notes|remarks|note|preface|foreword|prologue|epilogue|afterword|acknowledgments|acknowledgements|\
    dedication|colophon|copyright|license|about|about the author|about the authors|about this book|contents|table of contents|\
    index|glossary|terminology|definitions|appendix|appendices|notation|conventions|symbols|errata|credits|contribute|contributing|\
    contributors|key ideas|key concepts|key points|key takeaways|takeaways|learning objectives|objectives|goals|prerequisites|\
    requirements|motivation|background|context|history|outline|roadmap|getting started|next steps|what s next|where to go from here|\
    example|examples|a simple example|simple example|worked example|worked examples|more examples|case study|case studies|usage|\
    syntax|parameters|arguments|options|description|name|synopsis|see also|bugs|author|authors|files|environment|return values|\
    return value|returns|methods|method|attributes|fields|functions|properties|basics|basic operation|basic usage|details|\
    implementation|concise implementation|implementation from scratch|setup|set up|problem setup|installation|installing|download|\
    configuration|training|training and prediction|prediction|predictions|evaluation|testing|results|result|experiments|experiment|\
    analysis|data|dataset|the dataset|datasets|reading the dataset|model|the model|models|loss function|algorithm|the algorithm|\
    applications|application|comparison|comparing|comparisons|variants|extensions|limitations|advantages|disadvantages|advice|tips|\
    troubleshooting|faq|frequently asked questions|putting it all together|wrapping up|recap|refresher|interlude|project|projects|\
    general|miscellaneous|misc|other|others|more|introduction and overview|first steps|quick start|quickstart|tutorial|how to|why|\
    step|steps|part|chapter|section|lesson|unit|theory|practice|solution|problem|problem statement|tools|books|courses|links|\
    terms|vocabulary|key terms|hello|hello world|return|values|interpretation|utilities|teams|in this chapter|in practice|warning|caution|important|hint|hints|tip|formal definition|definition|\
    source|source code|code|output|input|inputs|outputs|changes|change log|changelog|release notes|version|versions|support|help|\
    new features|features|main|operations|types|language|languages|tables|figures|lists|list of figures|list of tables";

fn pattern(pattern: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and a test uses each of them")]
    Regex::new(pattern).expect("a constant pattern")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn titles(title: &str) -> Vec<String> {
        names_in_title(title).into_iter().map(|name| name.title).collect()
    }

    #[test]
    fn headings_name_their_subjects() {
        for (title, expected) in [
            ("Weight Decay", "Weight Decay"),
            ("10 - Matching", "Matching"),
            ("Chapter 3: Queen rearing", "Queen rearing"),
            ("2.4.1 The Dance Floor", "Dance Floor"),
            ("What Is Ownership?", "Ownership"),
            ("An Introduction to Swarm control", "Swarm control"),
            ("The `match` Expression", "Match Expression"),
            ("Sentiment Analysis: Using RNNs", "Sentiment Analysis"),
            ("Curse of Dimensionality", "Curse of Dimensionality"),
        ] {
            assert_eq!(titles(title), [expected], "{title}");
        }
        assert_eq!(titles("References and Borrowing"), ["References and Borrowing", "Borrowing"]);
        assert_eq!(titles("Vanishing and Exploding Gradients"), ["Vanishing and Exploding Gradients"]);
    }

    #[test]
    fn parts_of_books_questions_and_sentences_name_nothing() {
        for title in [
            "Exercises",
            "1. Introduction",
            "Appendix A",
            "Key Ideas",
            "What Should You Do With It?",
            "12",
            "$n$-grams",
            "Load the Data",
            "Hello, World!",
            "Creating a Project with Cargo",
            "We Have Time",
            "Where to Go From Here",
            "Is Alcohol Killing You?",
            "Staying on the Happy Path with let else",
            "<script>alert</script>",
        ] {
            assert_eq!(titles(title), Vec::<String>::new(), "{title}");
        }
    }

    #[test]
    fn initials_in_brackets_are_another_name() {
        let acronym = |title: &str| names_in_title(title).remove(0).acronym;
        assert_eq!(acronym("Long Short-Term Memory (LSTM)").as_deref(), Some("LSTM"));
        assert_eq!(acronym("Gated Recurrent Units (GRUs)").as_deref(), Some("GRUs"));
        assert_eq!(acronym("Convolutional Neural Networks (LeNet)"), None);
    }

    proptest! {
        #[test]
        fn names_are_plain_and_short(title in "\\PC{0,80}") {
            for name in names_in_title(&title).into_iter().chain(name_of_term(&title)) {
                prop_assert!(is_plain(&name.title) && name.title.chars().count() <= LONGEST_CHARACTERS + 3);
            }
        }
    }
}
