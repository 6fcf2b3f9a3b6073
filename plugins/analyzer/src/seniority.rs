use std::sync::LazyLock;

use pathwright_api::job::Seniority;
use pathwright_api::text;
use regex::Regex;

/// Seniority as title, years of experience and wording tell it, strongest sign first.
pub fn seniority(title: &str, posting: &str) -> Seniority {
    let from_title = by_words(title);
    if from_title != Seniority::NotSpecified {
        return from_title;
    }
    match least_years(posting) {
        Some(years) if years >= 5 => Seniority::Senior,
        Some(years) if years >= 2 => Seniority::Mid,
        Some(_) => Seniority::Junior,
        None => by_wording(posting),
    }
}

fn by_words(title: &str) -> Seniority {
    const SENIOR: [&str; 12] =
        ["senior", "sr", "lead", "principal", "staff", "head", "director", "vp", "chief", "expert", "iii", "architect"];
    const JUNIOR: [&str; 10] = [
        "junior",
        "jr",
        "intern",
        "internship",
        "graduate",
        "trainee",
        "entry",
        "apprentice",
        "werkstudent",
        "stagiaire",
    ];
    const MID: [&str; 4] = ["mid", "midlevel", "medior", "intermediate"];
    let folded = text::fold(title);
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).collect();
    let has = |list: &[&str]| list.iter().any(|word| words.contains(word));
    match () {
        () if has(&JUNIOR) => Seniority::Junior,
        () if has(&SENIOR) => Seniority::Senior,
        () if has(&MID) => Seniority::Mid,
        () => Seniority::NotSpecified,
    }
}

/// The largest of the lower bounds on years that the posting asks for.
fn least_years(posting: &str) -> Option<u32> {
    static YEARS: LazyLock<Result<Regex, regex::Error>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)\b(\d{1,2})\s*\+?\s*(?:(?:-|–|to|bis|à)\s*\d{1,2}\s*\+?\s*)?(?:years?|yrs|jahre?n?|ans|años|anni)\b[^.\n]{0,60}(?:experience|erfahrung|berufserfahrung|expérience|experiencia|esperienza)",
        )
    });
    let years = YEARS.as_ref().ok()?;
    years.captures_iter(posting).filter_map(|found| found[1].parse().ok()).filter(|years| *years <= 20).max()
}

fn by_wording(posting: &str) -> Seniority {
    let lower = posting.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    match () {
        () if has(&["recent graduate", "entry-level", "entry level", "no prior experience", "early career"]) => {
            Seniority::Junior
        }
        () if has(&[
            "extensive experience",
            "proven track record of leading",
            "mentor junior",
            "seasoned",
            "deep expertise",
        ]) =>
        {
            Seniority::Senior
        }
        () if has(&["solid experience", "several years", "proven experience"]) => Seniority::Mid,
        () => Seniority::NotSpecified,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_outweighs_the_years() {
        assert_eq!(seniority("Junior Data Engineer", "7+ years of experience"), Seniority::Junior);
        assert_eq!(seniority("Data Engineer", "3-5 years of relevant experience with SQL"), Seniority::Mid);
        assert_eq!(seniority("Dateningenieur", "mindestens 5 Jahre Berufserfahrung"), Seniority::Senior);
        assert_eq!(seniority("Data Engineer", "We were founded 12 years ago."), Seniority::NotSpecified);
    }
}
