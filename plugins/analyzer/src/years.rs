use std::sync::LazyLock;

use pathwright_api::text;
use regex::{Captures, Regex};

use crate::patterns::pattern;
use crate::posting::{Line, Part};

/// Years of experience that a posting asks for: the largest of the lower bounds, so that "7 years, of which 3 with Python" is 7.
///
/// What is only preferred counts where nothing is required.
pub fn asked_years(lines: &[Line]) -> Option<u32> {
    let of =
        |wanted: fn(Part) -> bool| lines.iter().filter(move |line| wanted(line.part)).filter_map(years_of_line).max();
    of(|part| matches!(part, Part::Required | Part::Duties | Part::Opening))
        .or_else(|| of(|part| part == Part::Optional))
}

fn years_of_line(line: &Line) -> Option<u32> {
    let folded = text::fold(&line.text.replace('\u{2019}', "'"));
    sentences(&folded).filter_map(|sentence| years_of_sentence(sentence, line.part)).max()
}

/// Cut at full stops that end something: "2.5 years" is one number.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    static END: LazyLock<Regex> = LazyLock::new(|| pattern(r"[.!?](?:\s+|$)|;"));
    END.split(text).filter(|sentence| !sentence.trim().is_empty())
}

fn years_of_sentence(sentence: &str, part: Part) -> Option<u32> {
    let asked: Vec<u32> = SPAN
        .captures_iter(sentence)
        .filter(|found| is_asked(sentence, found, part))
        .filter_map(|found| least(sentence, &found))
        .collect();
    // "5 years, or 3 with a doctorate": the smaller will do.
    if asked.len() > 1 && offers_a_choice(sentence) { asked.into_iter().min() } else { asked.into_iter().max() }
}

fn offers_a_choice(sentence: &str) -> bool {
    static CHOICE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"\b(?:or|oder|ou|o|of)\b[^,]{0,25}\b\d{1,2}\s*\+?\s*(?:years?|jahre|ans|anos|anni|jaar)")
    });
    CHOICE.is_match(sentence)
}

/// A number or a range of years: "3", "three or more", "3-5+", "zwei bis vier", "entre 2 y 4".
static SPAN: LazyLock<Regex> = LazyLock::new(|| {
    let number = format!(r"(?:\d{{1,2}}(?:[.,]\d)?|{})", NUMBERS.map(|(word, _)| word).join("|"));
    pattern(&format!(
        r"\b(?P<least>{number})\s*\+?\s*(?:(?:-|–|—|/|to|bis(?: zu)?|a|y|e|tot|und|and|or|ou|o|oder|al|et)\s*(?:{number}|more|mehr|plus|mas|mais|piu|meer)\s*\+?\s*|(?:\(\w+\)|full|volle|solid|good|plus|good)\s*)?[\s-]*(?:years?|yrs?|yoe|jahren?|jahre|ans?|annees?|anos?|anni|anno|jaar|jaren|ar)\b"
    ))
});

const NUMBERS: [(&str, u32); 62] = [
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("ein", 1),
    ("eins", 1),
    ("zwei", 2),
    ("drei", 3),
    ("vier", 4),
    ("funf", 5),
    ("sechs", 6),
    ("sieben", 7),
    ("acht", 8),
    ("zehn", 10),
    ("une", 1),
    ("un", 1),
    ("deux", 2),
    ("trois", 3),
    ("quatre", 4),
    ("cinq", 5),
    ("six", 6),
    ("sept", 7),
    ("huit", 8),
    ("dix", 10),
    ("uno", 1),
    ("dos", 2),
    ("tres", 3),
    ("cuatro", 4),
    ("cinco", 5),
    ("seis", 6),
    ("siete", 7),
    ("ocho", 8),
    ("diez", 10),
    ("um", 1),
    ("dois", 2),
    ("quatro", 4),
    ("sete", 7),
    ("oito", 8),
    ("dez", 10),
    ("due", 2),
    ("tre", 3),
    ("quattro", 4),
    ("cinque", 5),
    ("sei", 6),
    ("sette", 7),
    ("otto", 8),
    ("dieci", 10),
    ("een", 1),
    ("twee", 2),
    ("drie", 3),
    ("vijf", 5),
    ("zes", 6),
    ("zeven", 7),
    ("tien", 10),
    ("twelve", 12),
    ("fifteen", 15),
];

/// The lower bound; "up to two years" asks for none.
fn least(sentence: &str, found: &Captures<'_>) -> Option<u32> {
    const AT_MOST: [&str; 10] =
        ["up to", "less than", "under", "maximum", "bis zu", "hochstens", "jusqu'a", "hasta", "fino a", "maximaal"];
    let number = &found["least"];
    let digits = number.split(['.', ',']).next().unwrap_or(number);
    let years =
        digits.parse().ok().or_else(|| NUMBERS.iter().find(|(word, _)| *word == number).map(|(_, years)| *years))?;
    let before = sentence[..found.get(0)?.start()].trim_end();
    if AT_MOST.iter().any(|most| before.ends_with(most)) {
        return (years <= 2).then_some(0);
    }
    (years <= 15).then_some(years)
}

/// Whether the years are asked of the applicant, and are not the age of a firm, a colleague's service or a contract.
fn is_asked(sentence: &str, found: &Captures<'_>, part: Part) -> bool {
    static EXPERIENCE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"experien|erfahrung|praxis|esperienz|ervaring|expertise|erfarenhet|professional|track record|\b(?:in|as|on|of|with|en|als|como|come|em|dans|comme|im|working|building|designing|analyzing|developing)\b",
        )
    });
    static OTHERS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\b(?:founded|gegrundet|fondee?|fundad[ao]|fondata|opgericht|with us|who has|who have|dabei ist|dans l'entreprise|colleague|leadership team|we have been|we've been|has been|have been|history|geschichte|anniversary|average|in a row|in business|market leader|best workplace|contract|vertrag|warranty|degree program|grown|wachs|tripled|accompagn)\b",
        )
    });
    static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?:\b(?:last|past|over the|next|first|coming|every|within|in just|letzten|nachsten|kommenden|derniere?s?|prochaine?s?|ultimos|proximos|ultimi|prossimi|afgelopen|komende|since|seit|depuis|desde|sinds|hace|ha|il y a|d'ici)\s*(?:uber|over|plus de|mas de|mais de|the|meer dan)?|\b(?:for|has|have) (?:over|more than|nearly|almost)|\bsenior\b[^.]{0,30}?(?:,|with|mit|con|com|avec|met)|\bthe last)\s*$",
        )
    });
    static AFTER: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^\s*(?:ago|old|alt\b|of age|in a row|anniversar|history|young|atras|geleden|fa\b|later|from now|contract|guarantee|de metier|of average|degree|program)",
        )
    });
    let Some(span) = found.get(0) else {
        return false;
    };
    let (before, after) = (&sentence[..span.start()], &sentence[span.end()..]);
    if OTHERS.is_match(sentence) || BEFORE.is_match(before) || AFTER.is_match(after) {
        return false;
    }
    let named = NAMED.is_match(sentence);
    let opens = before.split_whitespace().count() <= 4;
    named || (matches!(part, Part::Required | Part::Optional) && opens && EXPERIENCE.is_match(after))
}

/// Words for experience proper, in any of the seven languages.
static NAMED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"experien|erfahrung|esperienz|ervaring|erfarenhet|berufspraxis"));

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn years(text: &str) -> Option<u32> {
        asked_years(&[Line { part: Part::Required, text: text.to_owned() }])
    }

    #[test]
    fn years_are_read_in_seven_languages_spelt_out_or_not() {
        for (text, expected) in [
            ("3-5+ years of experience with SQL", 3),
            ("Three or more years with production systems", 3),
            ("two to four years on a trading desk", 2),
            ("At least 10 years of work in software, including five as a product manager", 10),
            ("mindestens fünf Jahre Berufserfahrung", 5),
            ("Une expérience de 2 ans minimum", 2),
            ("Entre 2 y 4 años de experiencia", 2),
            ("De dois a quatro anos de experiência", 2),
            ("almeno tre anni di esperienza", 3),
            ("minimaal 3 jaar ervaring", 3),
            ("+3 years of experience", 3),
            ("5 years of experience, or 3 years with a doctorate", 3),
            ("Up to one year of work experience", 0),
        ] {
            assert_eq!(years(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn years_of_firms_contracts_and_colleagues_are_not_asked_for() {
        for text in [
            "We were founded 12 years ago and have much experience.",
            "Over the last 20 years we have gathered experience",
            "You work with a senior developer with ten years of experience",
            "The contract runs for 2 years",
            "Seit 20 Jahren schreiben wir schwarze Zahlen",
            "named a great place to work three years in a row",
        ] {
            assert_eq!(years(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_at_most_fifteen_years(text in "\\PC{0,80}( 99 years | years of experience | 7 ans )\\PC{0,40}") {
            prop_assert!(years(&text).is_none_or(|years| years <= 15));
        }
    }
}
