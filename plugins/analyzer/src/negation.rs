use std::sync::LazyLock;

use pathwright_api::text;
use regex::Regex;

use crate::patterns::{has_start_of, pattern, words_only};

/// Whether the words before and after a mention say that it is not asked for, in one of seven languages.
pub fn is_negated(line: &str, start: usize, end: usize) -> bool {
    if !has_start_of(&words_only(line), WORDS_OF_DENIAL) {
        return false;
    }
    let before = plain(&line[..start]);
    let after = plain(&line[end..]);
    let before = clause_before(&before);
    let (after, next) = clause_after(&after);
    denied_before(before, after) || denied_after(before, after) || denied_next(next)
}

/// Without one of these nothing is denied.
const WORDS_OF_DENIAL: &str = "no |not |don't|doesn't|isn't|aren't|won't|needn't|never|without|zero |neither|nor |none|cannot|decided against|\
    kein|nicht|ohne|beides|pas |plus |aucun|sans |n'|ni |sin |nao |sem |non |senza|geen|zonder|niet|hoef";

fn plain(text: &str) -> String {
    text::fold(&text.replace('\u{2019}', "'"))
}

/// The words of the same sentence before a mention, back to the last turn of thought.
fn clause_before(before: &str) -> &str {
    static TURN: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"[.!?]\s|[;:→]|\b(?:but|however|although|though|yet|aber|jedoch|sondern|mais|pero|sino|mas|ma|maar|echter|instead|only|if|because)\b|\bnot (?:just|merely)\b|\bnicht nur\b|\bnon seulement\b|\bno solo\b|\bnao so\b|\bniet alleen\b",
        )
    });
    let from = TURN.find_iter(before).last().map_or(0, |turn| turn.end());
    &before[from..]
}

/// The words of the same sentence after a mention, up to a turn of thought; and the sentence after that.
fn clause_after(after: &str) -> (&str, &str) {
    static TURN: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"[.!?](?:\s|$)|;|\b(?:but|however|aber|jedoch|sondern|mais|pero|sino|mas|ma|maar|because|although)\b")
    });
    let Some(turn) = TURN.find(after) else {
        return (after, "");
    };
    let next = if turn.as_str().starts_with(['.', '!', '?']) { &after[turn.end()..] } else { "" };
    (&after[..turn.start()], next)
}

/// "No experience with X", "you do not need X", "kein X", "pas besoin de X".
fn denied_before(before: &str, after: &str) -> bool {
    static DENIES: LazyLock<Regex> = LazyLock::new(|| {
        pattern(&format!(
            "(?:{})(?P<rest>.*)$",
            [
                r"\b(?:no|without|zero)\b(?: \w+){0,3} (?:experience|knowledge|background|skills?|familiarity|expertise|need|requirement)\b",
                r"\b(?:not|n't|never|need not)\b(?: \w+){0,3} (?:needs?|needed|require|required|expect|expected|use|using|necessary|ask|asked|have to|want|know|worry|program)\b",
                r"\b(?:need not|no longer (?:use|need|require|work|work with)|neither|decided against)\b",
                r"\b(?:kein|keine|keinen|keiner|ohne)\b(?: \S+){0,4} ?(?:\w*erfahrung|\w*kenntnisse|wissen)\b",
                r"\b(?:brauch\w*|benotig\w*|muss\w*|setzen|verlangen|erwarten)\b(?: \S+){0,4} (?:nicht|kein\w*|nichts)\b",
                r"\bpas (?:besoin|necessaire)\b|\b(?:aucune?|sans|pas d')\s?(?:\w+ ){0,2}(?:experience|connaissance|competence)s?\b|\bn'(?:utilis|exige|attend)\w* (?:pas|plus)\b",
                r"\bno (?:se |es |son )?(?:necesit|necesari|requier|requisit|requerid|ped|hace falta|us|exig|trabaj|imprescindib|obligatori)\w*|\bsin (?:necesidad|experiencia|conocimiento)\w*",
                r"\bnao (?:e |sao )?(?:precis|exig|us|necess|ped|trabalh|obrigat|requer)\w*|\bsem (?:necessidade|experiencia|conheciment)\w*",
                r"\bnon (?:e |sono |si )?(?:serv|richie|necess|us|occorr|chied|obbligat)\w*|\bsenza (?:esperienz|conoscenz|bisogn)\w*",
                r"\b(?:geen|zonder)\b(?: \S+){0,3} (?:ervaring|kennis)\b|\b(?:hoef|hoeft|gebruik\w*|vragen)\b(?: \S+){0,4} (?:niet|geen)\b|\bniet nodig\b",
            ]
            .join("|")
        ))
    });
    // A word of denial right before the name, or before a list that the name stands in.
    static NONE_OF: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?:(?:^|[,(–-]|\b(?:is|are|and|or|with|have|need|use|needs))\s*\bno|\b(?:not|kein|keine|keinen|pas de|pas d'|sin|sem|senza|geen|nor|ni))\s+(?:(?:[\w.+#]+(?: [\w.+#]+)?)(?:, | or | and | nor | oder | und | ou | et | o | ni | e | of | en ))*$",
        )
    });
    const ONLY_PARTLY: [&str; 8] =
        ["expert", "guru", "master", "everything", "alles", "tout", "exception", "matter what"];
    let partly = |rest: &str| ONLY_PARTLY.iter().any(|word| rest.contains(word));
    let listed = NONE_OF.is_match(before) && !positive(after);
    let denied = DENIES.captures(before).is_some_and(|found| !partly(&found["rest"]) && !positive(&found["rest"]));
    listed || (denied && !after.trim_start().starts_with("expert") && !after.trim_start().starts_with("is required"))
}

/// Says that something is wanted after all.
fn positive(words: &str) -> bool {
    const WANTED: [&str; 8] =
        ["is required", "are required", "is essential", "is a must", "required,", "essential", "must have", "we use"];
    WANTED.iter().any(|wanted| words.contains(wanted)) && !words.contains("not ")
}

/// "X is not required", "X, Y or Z: not needed", "X n'est pas nécessaire".
fn denied_after(before: &str, after: &str) -> bool {
    static DENIES: LazyLock<Regex> = LazyLock::new(|| {
        pattern(&[
            r"\b(?:is|are|will be|not|n't|no longer|never)\b[^,]{0,12}?\b(?:not|n't|no longer|never|no)? ?(?:not|no longer|n't) (?:\w+ )?(?:needed|required|necessary|expected|used|in use|asked for|a must|a requirement|a condition|essential)\b",
            r"\b(?:is|are|will)(?: not|n't| no longer)(?: be| strictly| absolutely)? (?:needed|required|necessary|expected|used|in use|asked|part of|a must|a requirement|a condition|essential)\b",
            r"\bnot (?:needed|required|necessary|expected)\b|\bno longer (?:needed|required|necessary|used|use)\b|\bwe (?:do not|don't|no longer|never) (?:use|need|ask|require)\b",
            r"\bis no (?:condition|requirement|must)\b|\bneither is\b|\bdecided against\b",
            r"\b(?:(?:ist|sind|wird|werden) )?nicht (?:notig|erforderlich|notwendig|verlangt|benotigt|vorausgesetzt|zwingend|voraus|gefordert|ein|konnen|kennen|beherrschen)\b|\b(?:(?:ist|sind) )?kein muss\b|\bbrauch\w* (?:\w+ ){0,3}nicht\w*",
            r"\b(?:(?:n'est|ne sont|n'etait) )?(?:pas|plus) (?:\w+ )?(?:necessaires?|requise?s?|exigee?s?|demandee?s?|obligatoires?|utilisee?s?|indispensables?)\b",
            r"\bno (?:es|son|sera|seran) (?:\w+ )?(?:necesari|imprescindible|obligatori|requisit|requerid|exigid)\w*|\bno se (?:requier|pid|us|exig|necesit|valor)\w*",
            r"\bnao (?:e|sao|sera) (?:\w+ )?(?:necessari|obrigatori|exigid|requisit|requerid|imprescindiv)\w*|\bnao (?:exigimos|usamos|pedimos|utilizamos)\b",
            r"\bnon (?:e|sono) (?:\w+ )?(?:richiest|necessari|obbligatori|indispensabil)\w*|\bnon (?:serve|servono|usiamo|richiediamo|occorre|occorrono)\b",
            r"\b(?:(?:is|zijn) )?(?:niet (?:nodig|vereist|verplicht|noodzakelijk)|geen (?:vereiste|must|eis|voorwaarde))\b|\bgebruiken we niet\b|\bhoeft? (?:\w+ ){0,2}(?:niet|geen)\b",
        ]
        .join("|"))
    });
    DENIES.find(after).is_some_and(|found| reaches(before, &after[..found.start()]))
}

/// Whether what is said at the end of these words is said of the mention before them, and not of another name in between.
fn reaches(before: &str, between: &str) -> bool {
    static ANOTHER: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\b(?:is|are|ist|sind|est|sont|es|son|sao|sono|zijn|required|essential|must|you|we|wir|sie|nous|vous|je|erforderlich|requis)\b",
        )
    });
    static JOINED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:or|and|nor|oder|und|ou|et|o|u|y|e|of|en|ni)\b|:"));
    let a_list = |text: &str| JOINED.is_match(text);
    let same_thought = !ANOTHER.is_match(between);
    same_thought && between.len() < 90 && (!between.contains(',') || a_list(between) || a_list(before))
}

/// "Angular, Vue. No experience with them is required."
fn denied_next(next: &str) -> bool {
    static DENIES: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^\s*(?:no (?:experience|knowledge)[^.]{0,25} (?:them|these|it|either)\b|(?:neither|none) (?:of (?:them|these) )?is\b|we (?:no longer|do not|don't) use (?:it|them|these)|(?:beides|beide|das|davon)\b[^.]{0,30}\bnicht|it is not (?:needed|required|necessary|on)|(?:they are|these are) not (?:needed|required|necessary))",
        )
    });
    DENIES.is_match(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negated(line: &str) -> bool {
        let start = line.find("Java").unwrap();
        is_negated(line, start, start + 4)
    }

    #[test]
    fn denials_of_seven_languages_are_understood() {
        for line in [
            "No experience with Java needed",
            "Java is not required",
            "You do not need to know Java.",
            "Knowledge of Rust, Java or Scala is not necessary",
            "Scala, Java, Go. No experience with them is required.",
            "We work with Kafka (not Java, which we gave up)",
            "Our Java experience is no longer required",
            "Neither Scala nor Java will be part of the interviews",
            "Sie müssen kein Java können",
            "Java ist nicht erforderlich",
            "Pas besoin de Java",
            "La pratique de Java n'est pas nécessaire",
            "No es imprescindible saber Java",
            "Conocimientos de Java no son necesarios",
            "Não é necessário conhecer Java",
            "Non occorre conoscere SAS o Java",
            "Programmeren in Java hoef je niet te kunnen",
            "Geen ervaring met Java nodig",
        ] {
            assert!(negated(line), "{line}");
        }
    }

    #[test]
    fn what_is_asked_for_beside_a_denial_stays() {
        for line in [
            "Java required, no exceptions",
            "Not only SQL; Java",
            "Not only SQL but also Java",
            "Java is essential, Scala is not required",
            "Scala is not needed, but Java is",
            "You need not be a Java expert",
            "No experience with Scala needed; Java matters",
            "Nicht nur SQL, sondern Java",
        ] {
            assert!(!negated(line), "{line}");
        }
    }
}
