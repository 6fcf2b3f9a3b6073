use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use pathwright_api::job::JobTarget;
use pathwright_api::plain::is_plain;
use pathwright_api::text;
use pathwright_api::topic::{TopicKind, TopicMap};
use regex::Regex;

use crate::mentions::Lexicon;
use crate::naming::is_known_product;
use crate::patterns::{pattern, words_only};
use crate::phrases::skill_phrases;
use crate::posting::{self, Line, Part};
use crate::shelf::Shelf;

/// Most skills taken up that the topic map does not know.
const MOST: usize = 12;

/// A skill that the topic map does not know.
#[derive(Debug, PartialEq, Eq)]
pub struct Unheard {
    pub name: String,
    pub kind: TopicKind,
    /// Index of the line that asks for it.
    pub line: usize,
}

/// Names that stand where tools stand, and phrases that are built as skills are, in the parts that ask for something. Names of the
/// firm and words of its prose are left out.
pub fn unheard(
    target: &JobTarget,
    lines: &[Line],
    lexicon: &Lexicon,
    topics: &TopicMap,
    shelf: &Shelf<'_>,
) -> Vec<Unheard> {
    let text: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let language = whatlang::detect(&text.join("\n")).map(|info| info.lang());
    let prose = words_of_prose(target, lines);
    let asking = |line: &&(usize, &Line)| matches!(line.1.part, Part::Required | Part::Duties | Part::Optional);
    let mut found: Vec<Unheard> = Vec::new();
    for (number, line) in lines.iter().enumerate().filter(|line| asking(&line)) {
        let mut known: Vec<Range<usize>> = lexicon.find(&line.text).into_iter().map(|mention| mention.span).collect();
        known.extend(shelf.asked_for(&line.text, lexicon).into_iter().map(|(_, span)| span));
        let mut names: Vec<(Range<usize>, TopicKind)> = Vec::new();
        let capitals_are_rare = language != Some(whatlang::Lang::Deu);
        names.extend(product_names(&line.text, &known, lexicon, capitals_are_rare).map(|span| (span, TopicKind::Tool)));
        if language == Some(whatlang::Lang::Eng) {
            names.extend(skill_phrases(&line.text, &known).into_iter().map(|span| (span, TopicKind::Concept)));
        }
        for (span, kind) in names {
            let name = &line.text[span.clone()];
            let own = kind == TopicKind::Tool && prose.contains(&text::fold(name)) && !is_known_product(name);
            let new =
                topics.find(name).is_none() && !found.iter().any(|other| text::fold(&other.name) == text::fold(name));
            if !own && new && is_plain(name) && !posting::is_negated(&line.text, span.start, span.end) {
                found.push(Unheard { name: name.to_owned(), kind, line: number });
            }
        }
    }
    // Names first: they are the surer ones.
    found.sort_by_key(|skill| skill.kind != TopicKind::Tool);
    found.truncate(MOST);
    found
}

/// The words of the firm's name and of what is not about the job: no name among them is a tool.
fn words_of_prose(target: &JobTarget, lines: &[Line]) -> HashSet<String> {
    let prose =
        lines.iter().filter(|line| matches!(line.part, Part::Noise | Part::Opening)).map(|line| line.text.as_str());
    let firm = target.firm.as_deref().into_iter();
    prose.chain(firm).flat_map(|text| text.split(|c: char| !c.is_alphanumeric())).map(text::fold).collect()
}

/// Words spelt as products are, where products stand: beside a known tool in a list, or after "with" and "using".
fn product_names<'l>(
    line: &'l str,
    known: &'l [Range<usize>],
    lexicon: &'l Lexicon,
    capitals_are_rare: bool,
) -> impl Iterator<Item = Range<usize>> + 'l {
    static WORD: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"[\p{L}_][\p{L}\p{N}_]*(?:[.+/-][\p{L}\p{N}]+)*(?:\+\+?|#)?"));
    WORD.find_iter(line).map(|word| word.start()..word.end()).filter(move |span| {
        let word = &line[span.clone()];
        let free = !known.iter().any(|known| known.start < span.end && span.start < known.end);
        let camel = is_camel(word) && !word.contains('-');
        let capital = capitals_are_rare && word.chars().next().is_some_and(char::is_uppercase) && word.len() > 2;
        let place = Place::of(line, span, known);
        let named = is_known_product(word) && (capital || camel || place.in_a_list);
        let spelt = camel && (place.in_a_list || place.after_with || !known.is_empty());
        let opens = line[..span.start].trim().is_empty() && !line[span.end..].starts_with([',', '/']);
        let like_a_name =
            capital && !opens && word.chars().all(char::is_alphabetic) && word.chars().any(char::is_lowercase);
        let beside = place.in_a_list || place.after_with && (place.explained || !known.is_empty());
        let stands = like_a_name && stands_alone(line, span) && beside;
        free && !is_known_word(word) && !lexicon.is_ordinary(word) && (named || spelt || stands)
    })
}

struct Place {
    /// Between signs of a list, a known tool next to it.
    in_a_list: bool,
    after_with: bool,
    /// ", a young scheduler" follows.
    explained: bool,
}

impl Place {
    fn of(line: &str, span: &Range<usize>, known: &[Range<usize>]) -> Self {
        static WITH: LazyLock<Regex> = LazyLock::new(|| {
            pattern(
                r"(?i)\b(?:with|using|via|through|mit|avec|con|com|met|like|such as|on top of|based on)\s+(?:[a-z]+ )?$",
            )
        });
        static JOIN: LazyLock<Regex> = LazyLock::new(|| {
            pattern(r"(?i)^\s*(?:[,/|&+(]|,?\s?(?:and|or|und|oder|et|ou|y|o|e|en|of)\s|\bwith\s|:\s)\s*$")
        });
        static EXPLAINED: LazyLock<Regex> = LazyLock::new(|| {
            pattern(
                r"(?i)^,? (?:an?|the|our|ein|eine|une?|una?|een)\b[^.;]{0,40}\b(?:tool|framework|library|scheduler|engine|platform|system|project|database|language|package|werkzeug|outil|herramienta|ferramenta|strumento)\b",
            )
        });
        let (before, after) = (&line[..span.start], &line[span.end..]);
        let left = known.iter().any(|known| known.end <= span.start && JOIN.is_match(&line[known.end..span.start]));
        let right = known.iter().any(|known| known.start >= span.end && JOIN.is_match(&line[span.end..known.start]));
        Self { in_a_list: left || right, after_with: WITH.is_match(before), explained: EXPLAINED.is_match(after) }
    }
}

/// No other capitalised word beside a name, which would make it a person's or a firm's.
fn stands_alone(line: &str, span: &Range<usize>) -> bool {
    let (before, after) = (&line[..span.start], &line[span.end..]);
    let capital = |word: Option<&str>| word.is_some_and(|word| word.chars().next().is_some_and(char::is_uppercase));
    let next = after.strip_prefix(' ').and_then(|after| after.split(' ').next());
    let last = before.strip_suffix(' ').and_then(|before| before.rsplit(' ').next());
    let possessive = after.starts_with(['\'', '\u{2019}', '-']);
    !possessive && !capital(next) && !capital(last.filter(|last| is_joined(before, last)))
}

/// Whether the last word before a name may belong to it: it does not open the line, and no comma parts the two.
fn is_joined(before: &str, last: &str) -> bool {
    before.trim() != last && last.ends_with(char::is_alphanumeric)
}

/// `nQuery`, `SQLMesh`, `TLA+`: capitals inside, or signs and digits as products have them.
fn is_camel(word: &str) -> bool {
    let letters: Vec<char> = word.chars().collect();
    let turns = letters.windows(2).any(|two| two[0].is_lowercase() && two[1].is_uppercase());
    let shouted = word.chars().filter(|c| c.is_uppercase()).count() >= 3 && word.strip_suffix('s').is_none();
    let mixed = shouted && word.chars().any(char::is_lowercase);
    let signed = word.ends_with('+') && word.chars().filter(|c| c.is_uppercase()).count() >= 2;
    word.len() > 3 && !word.contains('/') && (turns || mixed || signed)
}

/// Capitalised words that are no products: languages, departments, degrees, months, ideas.
fn is_known_word(word: &str) -> bool {
    const WORDS: &str = " english german french spanish dutch italian portuguese swedish danish norwegian finnish polish chinese japanese \
         europe european uk usa eu us emea apac germany france spain italy portugal netherlands london berlin paris madrid amsterdam \
         dublin lisbon finance marketing sales product engineering design operations legal compliance risk hr people support logistics \
         purchasing treasury accounting controlling growth success research data analytics science team teams business customer customers \
         bachelor master masters phd msc bsc mba degree diploma university january february march april may june july august september \
         october november december monday tuesday wednesday thursday friday saturday sunday agile scrum kanban ceo cto cfo coo cdo \
         stakeholders stakeholder management senior junior lead head director manager engineer engineers analyst analysts developer \
         developers scientist scientists board committee saas paas iaas devops mlops dataops llmops genai b2b b2c ecommerce iot kpis apis llms \
         cloud software platform platforms tools technology technologies internet web mobile android ios windows mac office excellent strong \
         good experience knowledge ability proficiency familiarity understanding linkedin youtube facebook instagram glassdoor github hybrid \
         remote hbo wbo bac iso gdpr i you we our they he she it and or the ci cd ";
    WORDS.contains(&words_only(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(posting: &str) -> Vec<(String, TopicKind)> {
        let topics = TopicMap::parse(crate::topic_files()).unwrap();
        let target = JobTarget { firm: Some("Acornwood".into()), ..JobTarget::default() };
        let lines = posting::lines(posting);
        let (lexicon, index) = (Lexicon::new(&topics), pathwright_api::topic_index::TopicIndex::default());
        let skills = unheard(&target, &lines, &lexicon, &topics, &Shelf::of(std::iter::empty(), &lexicon, &index));
        skills.into_iter().map(|skill| (skill.name, skill.kind)).collect()
    }

    #[test]
    fn products_nobody_heard_of_are_found_where_tools_stand() {
        let posting = "We sell tea.\n\n## Requirements\n- Scheduling with Quillfeather, a young tool\n- You know Python, Zandbox or SQL\n";
        let names: Vec<String> = found(posting).into_iter().map(|(name, _)| name).collect();
        assert!(names.contains(&"Quillfeather".to_owned()) && names.contains(&"Zandbox".to_owned()), "{names:?}");
    }

    #[test]
    fn firms_people_departments_and_denied_names_are_not() {
        let posting = "Teaworld sells tea.\n\n## Requirements\n- You work with Finance, with Maria Lopez and with Acornwood\n- Using Teaworld every day with our team in English\n- No experience with Quillfeather is needed\n## Benefits\n- Tea with Zandbox\n";
        let tools: Vec<_> = found(posting).into_iter().filter(|(_, kind)| *kind == TopicKind::Tool).collect();
        assert_eq!(tools, []);
    }
}
