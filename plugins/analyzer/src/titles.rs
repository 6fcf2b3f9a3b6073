use pathwright_api::job::Seniority;
use pathwright_api::text;

use crate::patterns::has_start_of;

/// The levels that a job's title names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// From the lowest on.
    pub named: Vec<Seniority>,
    /// "Associate Engineer": below an engineer, as a rule.
    pub associate: bool,
    /// Leads people who do the work: "Engineering Manager".
    pub manager: bool,
}

/// Reads the levels out of a title; whom the job reports to is left aside.
pub fn levels_of_title(title: &str) -> Levels {
    let words = words(title);
    let text = format!(" {} ", words.join(" "));
    let has = |list: &str| words.iter().any(|word| list.split('|').any(|listed| listed == word));
    let semi = ["semi senior", "semisenior", "ssr", "mid senior", "mid level", "all levels"]
        .iter()
        .any(|mid| text.contains(mid));
    let first_is = |word: &str| words.first().is_some_and(|first| first == word);
    let last_is = |number: &str| words.last().is_some_and(|last| last == number);
    let junior = has(JUNIOR) || has_start_of(&text, JUNIOR_STARTS) || last_is("i") || first_is("stage");
    let mid = has(MID) || (semi && !text.contains("all levels"));
    let senior = !semi && (has(SENIOR) || has_start_of(&text, SENIOR_STARTS));
    let levels = [(junior, Seniority::Junior), (mid, Seniority::Mid), (senior, Seniority::Senior)];
    Levels {
        named: levels.into_iter().filter_map(|(is_named, level)| is_named.then_some(level)).collect(),
        associate: words.iter().position(|word| word == "associate").is_some_and(|at| at + 1 < words.len()),
        manager: MANAGERS.iter().any(|manager| text.contains(manager)),
    }
}

/// Whether a title is that of an ordinary job of those that this program knows.
pub fn names_a_job(title: &str) -> bool {
    const JOBS: &str = "engineer|developer|analyst|scientist|architect|consultant|researcher|trader|manager|specialist|\
        administrator|designer|quant|statistician|modeller|modeler|programmer|owner|officer|lecturer|advocate|\
        entwickler|ingenieur|analist|desarrollador|desenvolvedor|sviluppatore|ontwikkelaar|developpeur|cientista|\
        cientific|engenheir|ingegnere|berater|consulente|datenbank|data |bi ";
    has_start_of(&format!(" {} ", words(title).join(" ")), JOBS)
        || words(title)
            .iter()
            .any(|word| word.ends_with("ingenieur") || word.ends_with("entwickler") || word.ends_with("analyst"))
}

fn words(title: &str) -> Vec<String> {
    const OTHERS: [&str; 6] = ["reporting to", "reports to", "report to", "assistant to", "rattache", "hiring manager"];
    let folded = text::fold(title);
    let own = OTHERS.iter().filter_map(|other| folded.find(other)).min().map_or(folded.as_str(), |at| &folded[..at]);
    own.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}

const SENIOR: &str = "senior|sr|lead|principal|staff|head|director|vp|chief|iii|iv|architect|teamlead|fellow|distinguished|leiter|\
    leiterin|leitung|leitender|chef|directeur|directrice|direttore|capo|hoofd|jefe|jefa|lider|gerente|diretor|\
    diretora|erfahrener|erfahrene";

const SENIOR_STARTS: &str = "teamleit|abteilungsleit|gruppenleit|responsable d|vice president|tech lead";

const MID: &str = "mid|middle|midlevel|medior|intermediate|ii|pleno|plena|confirme|confirmee|experienced|ssr";

const JUNIOR: &str = "junior|jr|intern|internship|graduate|graduates|grad|trainee|traineeship|entry|apprentice|apprenticeship|\
    stagiaire|stagista|alternance|alternant|alternante|apprenti|apprentie|becario|becaria|beca|practicas|estagio|\
    estagiario|estagiaria|tirocinio|tirocinante|debutant|debutants|debutante|student|intake|starter|aprendiz|azubi|\
    ausbildung|volontariat|volontar|placement";

const JUNIOR_STARTS: &str = "praktik|werkstud|neolaureat|berufseinsteiger|einsteiger|absolvent|afstudeer|primer empleo|primo impiego|\
    premier emploi|recem formad|recien titulad|early career|new grad|duales studium";

const MANAGERS: &[&str] = &[
    " engineering manager",
    " science manager",
    " analytics manager",
    " development manager",
    " team manager",
    " intelligence manager",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn named(title: &str) -> Vec<Seniority> {
        levels_of_title(title).named
    }

    #[test]
    fn titles_of_several_languages_name_their_levels() {
        let (junior, mid, senior) = (Seniority::Junior, Seniority::Mid, Seniority::Senior);
        for (title, level) in [
            ("(Senior) Data Engineer (m/w/d)", senior),
            ("Sr. Analyst", senior),
            ("Data Scientist III", senior),
            ("Teamleiter Datenplattform", senior),
            ("Head of Data", senior),
            ("Analytics Engineer II", mid),
            ("Analista de BI Pleno", mid),
            ("Desarrollador Semi-Senior", mid),
            ("Werkstudent Data Science", junior),
            ("Data Analyst en alternance", junior),
            ("Estágio em dados", junior),
            ("Risk Analyst – neolaureati", junior),
            ("Desarrollador/a Frontend (primer empleo)", junior),
            ("Data Engineer I", junior),
        ] {
            assert_eq!(named(title), [level], "{title}");
        }
    }

    #[test]
    fn whom_a_job_reports_to_and_all_levels_are_no_level() {
        assert_eq!(named("Analyst, reporting to the Head of Data"), []);
        assert_eq!(named("Frontend Engineer (all levels)"), []);
        assert!(levels_of_title("Associate Data Engineer").associate && !levels_of_title("Data Associate").associate);
    }
}
