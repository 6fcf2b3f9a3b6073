use std::sync::LazyLock;

use pathwright_api::text;
use regex::Regex;

use crate::patterns::pattern;

/// Names of tools that are ordinary words besides, and what stands beside the word where it is one.
struct Homonym {
    name: &'static str,
    before: Option<&'static str>,
    after: Option<&'static str>,
}

const ARTICLES: &str = r"\b(?:the|a|an|our|your|each|every|per|this|that|any|social|market|customer)\s$";

const HOMONYMS: [Homonym; 20] = [
    Homonym {
        name: "Excel",
        before: Some(r"\b(?:to|will|you|can|and you)\s$"),
        after: Some(r"^(?:-|\s(?:at|in (?:a|an|your|our|this|the|fast)|and grow|as a)\b)"),
    },
    Homonym {
        name: "Go",
        before: Some(r"\b(?:to|you|we|will|let's|and|can|a|the|on the|ready,|good to|please)\s$"),
        after: Some(
            r"^(?:-|\s(?:to|beyond|live|above|the|for it|through|market|ahead|further|wrong|home|board|over|back|deep|deeper|and see|hand in hand|where|as far|on)\b)",
        ),
    },
    Homonym {
        name: "Spark",
        before: Some(r"\b(?:to|that|will|can|the|a|creative|your|that little)\s$"),
        after: Some(r"^\s(?:joy|curiosity|interest|ideas|innovation|change|your|a|the|conversation|imagination)\b"),
    },
    Homonym { name: "Looker", before: Some(r"\b(?:good|on)[ -]$"), after: Some(r"^-on\b") },
    Homonym {
        name: "Glue",
        before: Some(r"\b(?:the|a|as|super)\s$"),
        after: Some(r"^\s(?:that|between|together|holding|which|of|for)\b"),
    },
    Homonym {
        name: "Fabric",
        before: Some(ARTICLES),
        after: Some(r"^\s(?:of|and trim|softener|design|weights?|mills?)\b"),
    },
    Homonym { name: "Prefect", before: Some(r"\b(?:head|school|the|a)\s$"), after: None },
    Homonym {
        name: "Dash",
        before: Some(r"\b(?:a|the|to|will|we)\s$"),
        after: Some(r"^\s(?:of|off|to|for|board|out)\b"),
    },
    Homonym {
        name: "Segment",
        before: Some(
            r"\b(?:the|a|an|our|your|each|every|per|this|that|any|market|customer|target|client|business|enterprise|smb|luxury|growing|price)\s$",
        ),
        after: Some(r"^\s(?:of|leader|and cluster|reporting|the|our|your|customers|users|audiences)\b"),
    },
    Homonym {
        name: "Swift",
        before: Some(r"\b(?:a|the|with)\s$"),
        after: Some(r"^\s(?:response|action|and|decision|payment|message|mt)\b"),
    },
    Homonym {
        name: "React",
        before: Some(r"\b(?:to|you|we|will|can|quickly|who)\s$"),
        after: Some(r"^\s(?:to|quickly|calmly|fast|swiftly|when|on)\b"),
    },
    Homonym {
        name: "Rust",
        before: Some(r"\b(?:the|from|of)\s$"),
        after: Some(r"^(?:-|\s(?:belt|protection|free)\b)"),
    },
    Homonym { name: "Hive", before: Some(r"\b(?:the|a|our)\s$"), after: Some(r"^\s(?:of|mind)\b") },
    Homonym {
        name: "Ruby",
        before: Some(r"\b(?:dear|contact|call|ask|with our)\s$"),
        after: Some(r"^\s(?:wedding|red)\b"),
    },
    Homonym { name: "Angular", before: Some(ARTICLES), after: Some(r"^\s(?:momentum|shape|velocity)\b") },
    Homonym { name: "Vault", before: Some(r"\b(?:data|bank|the bank's)\s$"), after: None },
    Homonym {
        name: "Snowflake",
        before: Some(r"\b(?:a|unique|special|every)\s$"),
        after: Some(r"^\s(?:schemas?|shapes?)\b"),
    },
    Homonym { name: "Tableau", before: None, after: Some(r"^x?\s(?:de bord|des|d'effectif|croise)\b") },
    Homonym {
        name: "Access",
        before: Some(r"\b(?:have|get|the|direct|full|to|easy|and)\s$"),
        after: Some(r"^\s(?:to|control|management|rights|rules)\b"),
    },
    Homonym { name: "Airflow", before: Some(r"\b(?:air|cooling|the cabin)\s$"), after: Some(r"^\s(?:rate|sensor)\b") },
];

struct Compiled {
    before: Option<Regex>,
    after: Option<Regex>,
}

static COMPILED: LazyLock<Vec<Compiled>> = LazyLock::new(|| {
    let compile = |part: Option<&str>| part.map(|part| pattern(&format!("(?i){part}")));
    HOMONYMS.iter().map(|homonym| Compiled { before: compile(homonym.before), after: compile(homonym.after) }).collect()
});

/// Whether a word that may be a tool's name is used as the ordinary word here: not spelt as a name, or in the company of one.
pub fn is_ordinary_word(line: &str, start: usize, end: usize) -> bool {
    let word = &line[start..end];
    if word.len() == 1 {
        return is_single_letter(line, start, end);
    }
    let Some(at) = HOMONYMS.iter().position(|homonym| homonym.name.eq_ignore_ascii_case(word)) else {
        return false;
    };
    let shouted = line.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase);
    let beside = |rule: Option<&Regex>, text: &str| rule.is_some_and(|rule| rule.is_match(text));
    let Compiled { before, after } = &COMPILED[at];
    (!shouted && !spelt_as_a_name(word, line))
        || beside(before.as_ref(), &line[..start]) && !names_follow(&line[end..])
        || beside(after.as_ref(), &line[end..])
}

/// In a list where everything is written small, "excel, tableau", the small letters tell nothing.
fn spelt_as_a_name(word: &str, line: &str) -> bool {
    let capitals = line.chars().skip(1).filter(|c| c.is_uppercase()).count();
    word.chars().next().is_some_and(char::is_uppercase) || (capitals == 0 && line.contains(',') && line.len() < 80)
}

/// "the Spark and Kafka clusters" speaks of tools in spite of the article.
fn names_follow(after: &str) -> bool {
    static NAMES: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^(?:\s|,)\s?(?:and |or |/ ?)?(?:[A-Z][\w+#]*|jobs?|clusters?|pipelines?|dashboards?|models?|services?|code|developer|engineer|platform|lakehouse|workspace|tables?)",
        )
    });
    NAMES.is_match(after)
}

/// "vitamin C", "plan C", "R&D", "Series C", "C-level" are no programming languages.
fn is_single_letter(line: &str, start: usize, end: usize) -> bool {
    static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)(?:\b(?:vitamine?|vitamina|plan|series|serie|class|grade|category|option|level|phase|type|point|section|step|appendix|hepatitis|tier|schedule|article|building|b2|permis|fuhrerschein|klasse|fahrerlaubnis)\s|[&'./-])$",
        )
    });
    static AFTER: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?i)^(?:\s?&|'|\.\w|-?(?:level|suite|corp|class)\b|\s(?:level|suite|round)\b|/[ab]\b)")
    });
    let folded = text::fold(&line[..start]);
    BEFORE.is_match(&folded) || AFTER.is_match(&line[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordinary(line: &str, word: &str) -> bool {
        let start = line.find(word).unwrap();
        is_ordinary_word(line, start, start + word.len())
    }

    #[test]
    fn ordinary_words_are_told_from_the_tools_of_the_same_name() {
        for (line, word) in [
            ("You excel at SQL", "excel"),
            ("Excel in a fast-paced environment with Python", "Excel"),
            ("Our go to market team uses Python", "go"),
            ("We spark joy with SQL", "spark"),
            ("Data is the glue that holds AWS together", "glue"),
            ("Python models per segment", "segment"),
            ("Vitamin C and Python", "C"),
            ("Series C start-up with Python", "C"),
            ("R&D with Python", "R"),
            ("React quickly to new JavaScript frameworks", "React"),
        ] {
            assert!(ordinary(line, word), "{line}");
        }
    }

    #[test]
    fn the_tools_are_found_in_their_company() {
        for (line, word) in [
            ("Excel and SQL", "Excel"),
            ("sql, excel, tableau", "excel"),
            ("Python, R or Go", "R"),
            ("experience with Go, Python", "Go"),
            ("the Spark jobs on AWS", "Spark"),
            ("React and TypeScript", "React"),
            ("Programming in C", "C"),
        ] {
            assert!(!ordinary(line, word), "{line}");
        }
    }
}
