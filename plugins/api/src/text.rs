use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// A word of a text: its lemma for comparison, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'t> {
    /// The word as written.
    pub raw: &'t str,
    /// Case-folded, without accents, singular, in American spelling.
    pub lemma: String,
    /// Byte offset of `raw` in the text.
    pub start: usize,
}

impl Token<'_> {
    pub fn end(&self) -> usize {
        self.start + self.raw.len()
    }
}

/// Splits a text into words; `C++`, `C#`, `.NET` and `q/kdb+` keep the signs that make them names.
///
/// Hyphens separate words, so that "mean-variance" and "mean variance" are the same two words.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    text.unicode_word_indices()
        .flat_map(|(start, word)| split_word(start, word))
        .map(|(start, word)| {
            let (start, end) = with_signs(text, start, start + word.len());
            let raw = &text[start..end];
            Token { raw, lemma: lemma(raw), start }
        })
        .collect()
}

/// A name to look for in texts: its words in a row, whatever their inflection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Never empty.
    pub lemmas: Vec<String>,
    /// The spelling asked for, where case tells a name from a word.
    exact: Option<String>,
}

impl Phrase {
    /// A name of at most four characters with a capital in it ("VaR", "SQL", "R") has to be spelt as given.
    /// None for a name without words.
    pub fn of(name: &str) -> Option<Self> {
        let short_with_capital = name.chars().count() <= 4 && name.chars().any(char::is_uppercase);
        Self::new(name, short_with_capital)
    }

    /// A name that has to be spelt as given, save for a plural.
    pub fn exactly(name: &str) -> Option<Self> {
        Self::new(name, true)
    }

    fn new(name: &str, exact: bool) -> Option<Self> {
        let lemmas = lemmas(name);
        (!lemmas.is_empty()).then(|| Self { lemmas, exact: exact.then(|| name.to_owned()) })
    }

    /// Whether the tokens of `text` begin with this name.
    pub fn starts(&self, text: &str, tokens: &[Token<'_>]) -> bool {
        let Some(window) = tokens.get(..self.lemmas.len()) else {
            return false;
        };
        let same = window.iter().zip(&self.lemmas).all(|(token, lemma)| token.lemma == *lemma);
        same && self.exact.as_ref().is_none_or(|exact| {
            let (start, end) = (window[0].start, window[window.len() - 1].end());
            let written = &text[start..end];
            let spelt = written == exact || written.strip_suffix('s') == Some(exact);
            // "R&D" does not speak of R.
            let half = written.len() == 1
                && (text[..start].trim_end().ends_with('&') || text[end..].trim_start().starts_with('&'));
            spelt && !half
        })
    }

    /// Whether a sentence says what the name stands for: "A limit order book is the …", "Overfitting means …",
    /// "… is called dropout".
    pub fn is_defined_by(&self, sentence: &str) -> bool {
        self.is_defined_in(sentence, &tokens(sentence))
    }

    /// The same for a sentence whose tokens are known.
    pub fn is_defined_in(&self, sentence: &str, tokens: &[Token<'_>]) -> bool {
        const SAYS: [&str; 7] = ["means", "refers", "describes", "measures", "denotes", "consists", "works"];
        const ARTICLES: [&str; 8] = ["a", "an", "the", "one", "any", "when", "how", "to"];
        let word = |at: usize| tokens.get(at).map(|token| token.raw.to_lowercase()).unwrap_or_default();
        self.positions(sentence, tokens).any(|at| {
            let next = at + self.lemmas.len();
            let verb = word(next);
            let is_one = matches!(verb.as_str(), "is" | "are") && ARTICLES.contains(&word(next + 1).as_str());
            let opens = at == 0 || (at == 1 && matches!(word(0).as_str(), "a" | "an" | "the"));
            let called = at > 0 && matches!(word(at - 1).as_str(), "called" | "termed");
            called || (opens && (is_one || SAYS.contains(&verb.as_str())))
        })
    }

    /// Where the name stands in the text, as indices of `tokens`.
    pub fn positions<'a>(&'a self, text: &'a str, tokens: &'a [Token<'a>]) -> impl Iterator<Item = usize> + 'a {
        (0..tokens.len()).filter(move |at| self.starts(text, &tokens[*at..]))
    }
}

/// The lemmas of a text's words, in order: what two spellings of one name have in common.
pub fn lemmas(text: &str) -> Vec<String> {
    tokens(text).into_iter().map(|token| token.lemma).collect()
}

/// The stems of the words that carry meaning: what texts on one subject have in common.
pub fn content_stems(text: &str) -> Vec<String> {
    tokens(text).into_iter().filter(|token| !is_stop_word(token.raw)).map(|token| stem(token.raw)).collect()
}

/// Unicode words join "state.of" and "x_y"; a name never needs that, so dots, colons and underscores separate.
fn split_word(start: usize, word: &str) -> impl Iterator<Item = (usize, &str)> {
    let apostrophes = ['\'', '\u{2019}'];
    let word = word.split(apostrophes).next().unwrap_or(word);
    let numeric = word.chars().all(|c| c.is_numeric() || c == '.' || c == ',');
    let pieces: Vec<(usize, &str)> = if numeric {
        vec![(0, word)]
    } else {
        let mut at = 0;
        word.split(['.', ':', '_', ','])
            .map(|piece| {
                let here = at;
                at += piece.len() + 1;
                (here, piece)
            })
            .filter(|(_, piece)| !piece.is_empty())
            .collect()
    };
    pieces.into_iter().map(move |(offset, piece)| (start + offset, piece))
}

/// A word's place with the signs that make it a name.
fn with_signs(text: &str, start: usize, end: usize) -> (usize, usize) {
    let signs = text[end..].bytes().take_while(|b| matches!(b, b'+' | b'#')).count();
    let closed = text[end + signs..].chars().next().is_none_or(|c| !c.is_alphanumeric());
    let end = if signs <= 2 && closed { end + signs } else { end };
    (start - usize::from(is_after_its_dot(&text[..start], &text[start..end])), end)
}

/// ".NET", but not "ASP.NET" or "example.NET", whose dots separate.
fn is_after_its_dot(before: &str, word: &str) -> bool {
    let rest = before.strip_suffix('.');
    word == "NET" && rest.is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric() || c == '.'))
}

/// A word in the singular and in American spelling. Names are compared so: a stem would make "data integrity" the same as
/// "data integration".
pub fn lemma(word: &str) -> String {
    let folded = fold(word);
    if folded.len() <= 3 || !folded.is_ascii() {
        return folded;
    }
    american(singular(folded))
}

fn singular(word: String) -> String {
    const ENDINGS: [(&str, &str); 9] = [
        ("yses", "ysis"),
        ("heses", "hesis"),
        ("ies", "y"),
        ("sses", "ss"),
        ("xes", "x"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("ss", "ss"),
        ("ics", "ics"),
    ];
    if let Some((plural, single)) =
        ENDINGS.iter().find(|(plural, _)| word.len() > plural.len() && word.ends_with(plural))
    {
        return format!("{}{single}", word.strip_suffix(plural).unwrap_or(&word));
    }
    match word.as_str() {
        "matrices" => "matrix".to_owned(),
        "vertices" => "vertex".to_owned(),
        "indices" => "index".to_owned(),
        kept if kept.ends_with("us") || kept.ends_with("is") => word,
        _ => word.strip_suffix('s').unwrap_or(&word).to_owned(),
    }
}

fn american(word: String) -> String {
    const SPELLINGS: [(&str, &str); 7] = [
        ("isation", "ization"),
        ("ising", "izing"),
        ("ised", "ized"),
        ("elling", "eling"),
        ("elled", "eled"),
        ("aviour", "avior"),
        ("olour", "olor"),
    ];
    let spelling = SPELLINGS.iter().find(|(british, _)| word.len() > british.len() + 1 && word.ends_with(british));
    spelling.map_or(word.clone(), |(british, american)| {
        format!("{}{american}", word.strip_suffix(british).unwrap_or(&word))
    })
}

/// A word without case, accents or English inflection: its stem.
pub fn stem(word: &str) -> String {
    thread_local! {
        static STEMS: RefCell<HashMap<String, String>> = RefCell::new(HashMap::new());
    }
    STEMS.with_borrow_mut(|known| {
        if let Some(stem) = known.get(word) {
            return stem.clone();
        }
        // Bounded: a hostile text cannot make this grow for ever.
        if known.len() > 50_000 {
            known.clear();
        }
        let stem = stem_afresh(word);
        known.insert(word.to_owned(), stem.clone());
        stem
    })
}

fn stem_afresh(word: &str) -> String {
    static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));
    let folded = fold(word);
    if folded.len() <= 3 || !folded.is_ascii() {
        return folded;
    }
    british_to_american(&ENGLISH.stem(&folded)).into_owned()
}

/// "optimis" and "optimiz", "normalis" and "normaliz" are one stem.
fn british_to_american(stem: &str) -> std::borrow::Cow<'_, str> {
    match stem.strip_suffix("is") {
        Some(head) if head.len() >= 5 => format!("{head}iz").into(),
        _ => stem.into(),
    }
}

/// Case-folded, compatibility-normalised, without combining marks.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// White space folded to single spaces, ends trimmed.
pub fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text as a lower-case ASCII identifier: `A/B testing` becomes `a-b-testing`.
pub fn slug(text: &str) -> String {
    let folded = fold(text).replace("c++", "cpp").replace("c#", "csharp");
    let mut slug = String::with_capacity(folded.len());
    for c in folded.chars() {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// At most `max` characters of a text, cut at a word where possible, with an ellipsis when something was cut.
pub fn shorten(text: &str, max: usize) -> String {
    let Some((cut, _)) = text.char_indices().nth(max) else {
        return text.to_owned();
    };
    let head = &text[..cut];
    let head = head.rsplit_once(char::is_whitespace).map_or(head, |(words, _)| words);
    format!("{}…", head.trim_end())
}

pub fn is_stop_word(word: &str) -> bool {
    static STOP: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        "a about above after again all also am an and any are as at be because been before being below between both but by can could did do does \
         doing down during each few for from further had has have having he her here hers him his how i if in into is it its itself just let me \
         more most my no nor not now of off on once only or other our ours out over own same she should so some such than that the their \
         theirs them then there these they this those through to too under until up us very was we were what when where which while who whom \
         why will with would you your yours may might must shall via per etc"
            .split_whitespace()
            .collect()
    });
    STOP.contains(word.to_lowercase().as_str())
}

/// Splits prose into sentences (Unicode rules, joined again where an abbreviation or an initial broke them).
pub fn sentences(text: &str) -> Vec<&str> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for (start, sentence) in text.split_sentence_bound_indices() {
        let end = start + sentence.len();
        match spans.last_mut() {
            Some(last) if ends_in_abbreviation(&text[last.0..last.1]) => last.1 = end,
            _ => spans.push((start, end)),
        }
    }
    spans.into_iter().map(|(start, end)| text[start..end].trim()).filter(|sentence| !sentence.is_empty()).collect()
}

fn ends_in_abbreviation(sentence: &str) -> bool {
    const ABBREVIATIONS: [&str; 14] =
        ["e.g.", "i.e.", "cf.", "vs.", "etc.", "fig.", "eq.", "sec.", "dr.", "mr.", "st.", "no.", "al.", "resp."];
    let Some(last) = sentence.split_whitespace().last() else {
        return false;
    };
    let last = last.trim_start_matches(['(', '[']).to_lowercase();
    let initial = last.len() == 2 && last.ends_with('.') && last.starts_with(|c: char| c.is_ascii_alphabetic());
    initial || ABBREVIATIONS.contains(&last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_with_signs_are_one_word() {
        let raw: Vec<_> = tokens("C++, C# and R; node.js, A/B-testing of GPT-4 on .NET, not ASP.NET")
            .into_iter()
            .map(|t| t.raw)
            .collect();
        assert_eq!(
            raw,
            [
                "C++", "C#", "and", "R", "node", "js", "A", "B", "testing", "of", "GPT", "4", "on", ".NET", "not",
                "ASP", "NET"
            ]
        );
    }

    #[test]
    fn number_spelling_and_accents_fold_together() {
        assert_eq!(lemmas("Optimisation of Regressions"), lemmas("optimization OF regression"));
        assert_eq!(lemmas("naïve analyses, matrices, Modelling"), lemmas("naive analysis matrix modeling"));
        assert_ne!(lemmas("data integrity"), lemmas("data integration"));
        assert_eq!(lemmas("statistics"), ["statistics"]);
    }

    #[test]
    fn stems_go_further() {
        assert_eq!(content_stems("regularized networks"), content_stems("the regularization of a network"));
    }

    #[test]
    fn abbreviations_do_not_end_a_sentence() {
        let text = "Use a kernel, e.g. Gaussian ones. It works. See Fig. 3 for more.";
        assert_eq!(sentences(text), ["Use a kernel, e.g. Gaussian ones.", "It works.", "See Fig. 3 for more."]);
    }

    #[test]
    fn slugs_are_readable() {
        assert_eq!(slug("  A/B testing "), "a-b-testing");
        assert_eq!(slug("C++"), "cpp");
    }

    #[test]
    fn definitions_are_told_from_mentions() {
        let defined = |name: &str, sentence: &str| Phrase::of(name).unwrap().is_defined_by(sentence);
        assert!(defined("Limit order book", "A limit order book is the list of all resting orders."));
        assert!(defined("dropout", "This is called dropout."));
        assert!(!defined("dropout", "We use dropout because it is cheap."));
        assert!(!defined("standard error", "The standard error is $3$."));
    }

    proptest! {
        #[test]
        fn tokens_stand_where_they_say(text in ".{0,200}") {
            for token in tokens(&text) {
                prop_assert_eq!(&text[token.start..token.end()], token.raw);
            }
        }

        #[test]
        fn shortening_respects_the_limit(text in ".{0,80}", max in 1usize..40) {
            prop_assert!(shorten(&text, max).chars().count() <= max + 1);
        }

        #[test]
        fn slugging_twice_changes_nothing(text in ".{0,60}") {
            prop_assert_eq!(slug(&slug(&text)), slug(&text));
        }
    }
}
