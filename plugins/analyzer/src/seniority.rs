use std::sync::LazyLock;

use pathwright_api::job::Seniority;
use regex::Regex;

use crate::patterns::{count_starts_of, has_start_of, pattern, words_only};
use crate::posting::{self, Line, Part};
use crate::titles::{Levels, levels_of_title, names_a_job};
use crate::years::asked_years;

/// Seniority as the signs of title and posting weigh it: each speaks for a level with a weight of its own, and the heaviest level
/// is taken. An ordinary posting without signs is for somebody in the middle of a career; a text that is no posting says nothing.
pub fn seniority(title: &str, posting: &str) -> Seniority {
    let lines = posting::lines(posting);
    let years = asked_years(&lines);
    let levels = levels_of_title(title);
    let mut signs = Signs::default();
    signs.weigh_title(&levels, years);
    signs.weigh_years(years, &levels);
    signs.weigh_lines(&lines);
    if names_a_job(title) || is_posting(&lines) {
        signs.mid += 1.5;
    }
    signs.heaviest()
}

#[derive(Debug, Default)]
struct Signs {
    junior: f32,
    mid: f32,
    senior: f32,
}

impl Signs {
    fn weigh_title(&mut self, levels: &Levels, years: Option<u32>) {
        const CERTAIN: f32 = 12.0;
        let chosen = match levels.named.as_slice() {
            [] => None,
            [only] => Some(*only),
            // Of several levels the years choose one, and the lowest stands where they are silent.
            [lowest, ..] => {
                Some(years.map(level_of_years).filter(|level| levels.named.contains(level)).unwrap_or(*lowest))
            }
        };
        match chosen {
            Some(Seniority::Junior) => self.junior += CERTAIN,
            Some(Seniority::Mid) => self.mid += CERTAIN,
            Some(Seniority::Senior) => self.senior += CERTAIN,
            _ => {}
        }
        self.junior += 3.0 * f32::from(levels.associate);
        self.senior += 4.0 * f32::from(levels.manager);
    }

    fn weigh_years(&mut self, years: Option<u32>, levels: &Levels) {
        const WEIGHT: f32 = 5.0;
        match years.map(level_of_years) {
            Some(Seniority::Junior) => self.junior += WEIGHT,
            // Whoever leads a team leads it after three years as well.
            Some(Seniority::Mid) if levels.manager => self.mid += WEIGHT / 2.0,
            Some(Seniority::Mid) => self.mid += WEIGHT,
            Some(Seniority::Senior) => self.senior += WEIGHT,
            _ => {}
        }
    }

    fn weigh_lines(&mut self, lines: &[Line]) {
        let text = |wanted: fn(Part) -> bool| {
            let wanted = lines.iter().filter(|line| wanted(line.part)).map(|line| words_only(&line.text));
            wanted.collect::<Vec<_>>().join(". ")
        };
        let asked = text(|part| part != Part::Noise);
        self.junior += if has_start_of(&asked, BEGINNERS) { 4.0 } else { 0.0 };
        self.senior += 0.9 * count_starts_of(&asked, LEADING).min(4) as f32;
        self.mid += if has_start_of(&asked, SOME_YEARS) { 1.5 } else { 0.0 };
        self.weigh_statement(&asked, lines);
    }

    /// A level that the posting states in so many words.
    fn weigh_statement(&mut self, asked: &str, lines: &[Line]) {
        static AS: LazyLock<Regex> = LazyLock::new(|| {
            pattern(
                r" (?:as an?|as our|(?:is|are) (?:looking for|hiring|seeking|searching for) (?:an?|our)(?: new| experienced)?|role of|als|en tant que|come|como) (?P<level>senior|sr|lead|principal|staff|junior|graduate|mid level|medior) (?:\w+ ){0,3}(?:engineer|developer|analyst|scientist|architect|consultant|researcher|trader|manager|specialist|designer|entwickler|analist|analista|ingenieur|lead)",
            )
        });
        // More than the years and the ordinary case together.
        const STATED: f32 = 8.0;
        if let Some(found) = AS.captures(asked) {
            match &found["level"] {
                "junior" | "graduate" => self.junior += STATED,
                "mid level" | "medior" => self.mid += STATED,
                _ => self.senior += STATED,
            }
        }
        match stated_level(lines) {
            Some(Seniority::Junior) => self.junior += 6.0,
            Some(Seniority::Mid) => self.mid += 3.0,
            Some(Seniority::Senior) => self.senior += 6.0,
            _ => {}
        }
    }

    fn heaviest(&self) -> Seniority {
        let levels = [(self.mid, Seniority::Mid), (self.senior, Seniority::Senior), (self.junior, Seniority::Junior)];
        let none = (0.0, Seniority::NotSpecified);
        levels.into_iter().fold(none, |best, level| if level.0 > best.0 { level } else { best }).1
    }
}

fn level_of_years(years: u32) -> Seniority {
    match years {
        0 | 1 => Seniority::Junior,
        2..=4 => Seniority::Mid,
        _ => Seniority::Senior,
    }
}

/// "Seniority level: Mid-Senior", the value on the same line or the next; "mid-level position".
fn stated_level(lines: &[Line]) -> Option<Seniority> {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^ (?:seniority|experience|career|management|job|position|karrierestufe|erfahrungsniveau|niveau)(?: level| stage)? ?(?P<value>.{0,40})$",
        )
    });
    let texts: Vec<String> = lines.iter().map(|line| words_only(&line.text)).collect();
    let labelled = texts.iter().enumerate().find_map(|(at, text)| {
        let found = LABEL.captures(text).filter(|_| text.contains(" level ") || text.contains("karrierestufe"))?;
        let own = level_of(&found["value"]);
        own.or_else(|| texts.get(at + 1).filter(|next| next.len() < 30).and_then(|next| level_of(next)))
    });
    let named = || texts.iter().find(|text| has_start_of(text, MID_LEVEL)).and_then(|text| level_of(text));
    labelled.or_else(named)
}

fn level_of(value: &str) -> Option<Seniority> {
    let has = |words: &[&str]| words.iter().any(|word| value.contains(word));
    match () {
        () if has(&["junior to mid", "junior mid"]) => Some(Seniority::Junior),
        // What job boards put in where nobody chose.
        () if has(&["mid senior"]) => None,
        () if has(&["mid", "intermediate", "medior", "experienced"]) => Some(Seniority::Mid),
        () if has(&["entry", "junior", "intern", "graduate"]) => Some(Seniority::Junior),
        () if has(&["senior", "lead", "director", "executive", "expert", "principal"]) => Some(Seniority::Senior),
        () => None,
    }
}

/// Whether the text speaks of a job in a language whose postings are understood here.
fn is_posting(lines: &[Line]) -> bool {
    const CUES: &str = "experience|your role|the role|you will|we are looking|we're looking|responsibilit|requirement|join us|\
        our team|apply|position|qualification|skills|you have|salary|full time|engineer|analyst|developer|erfahrung|\
        aufgaben|wir suchen|bewerb|kenntnisse|stelle|m w d|du bringst|profil|experiencia|requisitos|buscamos|puesto|\
        equipo|recherch|poste|missions|vous|cdi|competences|vaga|requisiti|cerchiamo|esperienza|azienda|competenze|\
        ervaring|vacature|wij zoeken|functie|je hebt";
    let text: Vec<String> = lines.iter().map(|line| words_only(&line.text)).collect();
    let text = text.join(" ");
    count_starts_of(&text, CUES) >= 3
}

const MID_LEVEL: &str = "mid level|midlevel|medior|intermediate level|middle level|junior to mid";

const SOME_YEARS: &str = "several years|solid experience|proven experience|mehrjahrige|mehrere jahre|plusieurs annees|varios anos|\
    experience confirmee|enkele jaren|meerdere jaren|diversi anni|alcuni anni|some years";

/// Addressed to people at the beginning of their career.
const BEGINNERS: &str = "entry level|recent graduate|fresh graduate|new graduate|recently graduated|for graduates|graduates of|\
    no prior experience|no previous experience|no experience needed|no experience required|no experience necessary|\
    no professional experience|no work experience|first job|career starter|early career|start of your career|\
    start your career|just finished|just completed|about to finish|internship|apprenticeship programme|\
    berufseinsteiger|berufsanfanger|einsteiger|absolvent|gerade abgeschlossen|praktikum|werkstudent|\
    debutant|jeune diplome|jeunes diplomes|premier emploi|sans experience professionnelle|alternance|\
    contrat d'apprentissage|stage de fin|primer empleo|recien titulad|recien graduad|sin experiencia|\
    no se requiere experiencia|acabe de terminar|acabas de terminar|en practicas|primeiro emprego|recem formad|\
    sem experiencia|estagio|neolaureat|prima esperienza|primo impiego|tirocinio|non e richiesta esperienza|starter|\
    pas afgestudeerd|net afgestudeerd|eerste baan|geen ervaring nodig|schoolverlater";

/// What only people with many years behind them are asked to do or to bring.
const LEADING: &str = "extensive experience|deep experience|senior experience|seasoned|highly experienced|\
    many years|proven track record of leading|mentor|coach|line manage|direct reports|lead a team|leading a team|\
    manage a team|people management|technical roadmap|technical direction|technical vision|technical leadership|\
    technical strategy|set the direction|less experienced|junior colleagues|junior engineers|\
    junior analysts|junior team members|more junior|own the architecture|take the lead|\
    thought leader|shape the strategy|langjahrig|fuhrungserfahrung|fachliche fuhrung|\
    fachliche leitung|jungere kollegen|encadre|management d'equipe|\
    experience confirmee de|plusieurs annees d'experience|liderar|amplia experiencia|dilatada experiencia|\
    vasta experiencia|lideranca tecnica|consolidata esperienza|pluriennale|coordinare il team|guidare il team|\
    ruime ervaring|jarenlange|leidinggeven|aansturen";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_title_outweighs_the_years() {
        assert_eq!(seniority("Junior Data Engineer", "7+ years of experience"), Seniority::Junior);
        assert_eq!(seniority("Data Engineer", "3-5 years of relevant experience with SQL"), Seniority::Mid);
        assert_eq!(seniority("Dateningenieur", "mindestens 5 Jahre Berufserfahrung"), Seniority::Senior);
    }

    #[test]
    fn a_job_without_signs_is_for_the_middle_and_a_text_that_is_no_posting_says_nothing() {
        assert_eq!(seniority("Data Engineer", "We were founded 12 years ago."), Seniority::Mid);
        assert_eq!(seniority("", "Whisk the eggs, add the flour and bake for an hour."), Seniority::NotSpecified);
        assert_eq!(seniority("", ""), Seniority::NotSpecified);
    }

    #[test]
    fn somebody_elses_seniority_is_not_the_jobs() {
        let posting = "## Your role\nYou report to the Senior Manager and work with a senior engineer.\n## Similar jobs\nJunior Analyst";
        assert_eq!(seniority("Data Analyst", posting), Seniority::Mid);
    }

    #[test]
    fn of_several_levels_in_a_title_the_years_choose_one() {
        assert_eq!(
            seniority("Data Engineer (Junior or Mid)", "## Requirements\n3 years of experience"),
            Seniority::Mid
        );
        assert_eq!(seniority("Data Engineer (Junior or Mid)", ""), Seniority::Junior);
        assert_eq!(seniority("Middle/Senior Data Engineer", "6 years of experience"), Seniority::Senior);
    }

    #[test]
    fn wording_tells_where_years_do_not() {
        let guide = "## Role\nYou mentor junior colleagues and set the technical direction of the platform.";
        assert_eq!(seniority("Data Engineer", guide), Seniority::Senior);
        assert_eq!(seniority("Data Analyst", "Diese Stelle richtet sich an Berufseinsteiger."), Seniority::Junior);
        assert_eq!(seniority("Data Engineer", "Seniority level\nEntry level"), Seniority::Junior);
    }

    proptest! {
        #[test]
        fn a_level_in_the_title_is_taken_whatever_the_posting_says(posting in "\\PC{0,200}") {
            prop_assert_eq!(seniority("Senior Data Engineer", &posting), Seniority::Senior);
            prop_assert_eq!(seniority("Praktikum Data Science", &posting), Seniority::Junior);
        }
    }
}
