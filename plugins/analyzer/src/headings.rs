use crate::patterns::{has_start_of, words_only};
use crate::posting::Part;

/// The part that a heading opens, where its words tell; seven languages at once, for a heading is too short to tell its own.
pub fn part_of_heading(heading: &str) -> Option<Part> {
    let text = words_only(heading);
    let has = |starts: &str| has_start_of(&text, starts);
    match () {
        () if has(NOT_ASKED) => Some(Part::Noise),
        () if has(YOU_OFFER) => Some(Part::Required),
        () if has(NOISE) || is_about_the_firm(&text) => Some(Part::Noise),
        () if has(OPTIONAL) => Some(Part::Optional),
        () if has(REQUIRED) => Some(Part::Required),
        () if has(DUTIES) => Some(Part::Duties),
        () => None,
    }
}

/// Words before a colon that only tell a fact of the job: "Location: …".
pub fn is_fact(label: &str) -> bool {
    let text = words_only(label);
    text.split_whitespace().count() <= 3 && has_start_of(&text, FACTS)
}

/// "About Copperleaf" speaks of the firm, "About the job" does not.
fn is_about_the_firm(text: &str) -> bool {
    const ABOUT: [&str; 6] = ["about ", "uber ", "a propos d", "over ", "sobre ", "informazioni su"];
    const ELSE: &str = "you|the role|the job|the position|the work|the team|the product|this|your|what|the candidate|\
        the opportunity|the project|our team|our stack|dich|sie|die stelle|den job|die rolle|deine|das team|vous|\
        toi|poste|du poste|la mission|jou|de functie|de rol|ti|voce|a vaga|o cargo|el puesto|la posicion|el rol|\
        il ruolo|la posizione|te";
    let rest = ABOUT.iter().find_map(|about| text.trim_start().strip_prefix(about));
    rest.is_some_and(|rest| !ELSE.split('|').any(|other| rest.starts_with(other)))
}

const NOT_ASKED: &str = "need not|not need|don't need|won't need|can wait|don't use|do not use|non skills|not required|not necessary|\
    do not ask|don't ask|not expect|don't expect|nicht notig|nicht erforderlich|nicht brauch|nicht mitbringen|\
    nicht erwarten|pas necessaire|pas besoin|ne demandons pas|n'attendons pas|no necesit|no hace falta|no pedimos|\
    no es necesari|nao precisa|nao e necessari|nao pedimos|non serve|non servono|non e richiest|non chiediamo|\
    niet nodig|niet vragen|hoef";

/// What an applicant offers is no benefit.
const YOU_OFFER: &str = "you offer|you can offer|you'll offer|you will offer|what you bring";

const NOISE: &str = "benefit|offer|perks|extras|about us|about the company|about our company|about the firm|who we are|our values|\
    values|salary|compensation|pay |what we pay|reward|equal opportunit|diversity|how to apply|apply|interview|\
    hiring process|our process|the process|recruitment process|selection process|the selection|application|privacy|\
    cookie|why join|why us|why you|why work|what you get|what you'll get|what you will get|in it for you|is in it|\
    our culture|culture|similar|related jobs|more jobs|other jobs|other roles|more roles|more from|open positions|\
    recommended|may also like|people also|location|contact|our commitment|inclusion|pay transparency|the rest|\
    the employer|the company|our company|company|our story|our mission|the firm|life at|next steps|closing date|\
    disclaimer|agencies|follow us|share this|newsletter|working hours|what's on offer|wir bieten|bieten wir|\
    das bieten|angebot|uber uns|vorteile|deine vorteile|ihre vorteile|kontakt|bewerb|datenschutz|impressum|standort|\
    gehalt|warum wir|warum du|das unternehmen|unternehmen|wer wir sind|ahnliche|weitere stellen|weitere jobs|freuen|\
    unsere werte|wir sind|nous offrons|nous vous offrons|nous proposons|on t'offre|avantages|qui sommes|\
    a propos de nous|l'entreprise|la societe|l'equipe dirigeante|remuneration|processus|candidater|postuler|\
    offres similaires|autres offres|pourquoi nous|nous rejoindre|confidentialite|la suite|ofrecemos|beneficio|\
    quienes somos|sobre nosotros|la empresa|salario|proceso|ubicacion|contacto|otras ofertas|ofertas|por que|\
    condiciones|tendras|oferecemos|quem somos|sobre nos|a empresa|processo|localizacao|outras vagas|\
    vagas semelhantes|remuneracao|candidatura|offriamo|chi siamo|l'azienda|azienda|retribuzione|sede|altre offerte|\
    altre posizioni|perche|bieden|arbeidsvoorwaarden|over ons|wie zijn wij|wie we zijn|salaris|solliciter|\
    sollicitatie|locatie|andere vacatures|vergelijkbare|krijg je|interesse";

const OPTIONAL: &str = "nice to have|nice|bonus|preferred|desirable|desired|plus|optional|ideally|good to have|advantage|extra credit|\
    icing|stand out|beneficial|wunschenswert|von vorteil|idealerweise|pluspunkt|gern gesehen|un atout|atouts|\
    apprecie|souhaite|deseable|valorable|se valora|valoramos|diferencia|desejav|valorizamos|preferenzial|gradit|\
    pre |mooi meegenomen|wenselijk";

const REQUIRED: &str = "requirement|qualification|skill|you bring|you have|you are|you know|your profile|profile|who you are|\
    who it is for|experience|about you|must have|essential|looking for|look for|you need|you'll need|you will need|\
    should have|tech stack|stack|technolog|expertise|competenc|knowledge|candidate|specification|background|\
    education|we expect|toolbox|tools|you should|you might be|good match|good fit|we ask|profil|du bringst|\
    bringst du|bringen sie|mitbring|anforderung|qualifikation|kenntnisse|voraussetzung|zeichnet|wir suchen|\
    suchen wir|erwarten wir|wir erwarten|kompetenz|du hast|du bist|sie haben|fahigkeiten|das solltest|competences|\
    vous etes|vous avez|tu es|tu as|recherch|exigences|prerequis|requis|ce que nous cherchons|attendons|formation|\
    environnement technique|requisito|perfil|buscamos|experiencia|conocimiento|habilidade|imprescindible|necesit|\
    aptitud|quien eres|pedimos|esperamos|qualificac|conheciment|competencia|procuramos|voce tem|voce precisa|\
    requisiti|profilo|competenze|cerchiamo|conoscenze|esperienza|chi sei|chiediamo|functie eisen|eisen|profiel|\
    vragen|wie ben|je hebt|je bent|jij hebt|vaardigheden|ervaring|kennis|wat breng|zoeken|jij brengt|vereisten|\
    ga je meebrengen";

const DUTIES: &str = "responsibilit|you will|you'll|your role|the role|role|you do|duties|tasks|your impact|day to day|day in|\
    mission|position|your work|the work|about the work|about the job|the job|job description|you learn|challenge|\
    your day|key activities|accountabilit|work packages|main duties|what we need done|aufgabe|tatigkeit|\
    erwartet dich|erwartet sie|dein job|deine rolle|ihre rolle|stellenbeschreibung|das machst du|was du|die stelle|\
    verantwort|missions|votre role|le poste|poste|vous ferez|tu feras|responsabilit|quotidien|taches|funciones|\
    responsabilidad|haras|tu rol|el puesto|tareas|mision|atividades|vai fazer|atribuic|funcoes|a vaga|desafio|\
    attivita|cosa farai|il ruolo|ruolo|mansioni|ti occuperai|posizione|taken|wat ga je|jouw rol|werkzaamheden|\
    functie|de rol|wat je gaat";

const FACTS: &str = "location|department|employment|job reference|reference|salary|contract|company|employer|team size|reports to|\
    start|working hours|hours|standort|gehalt|arbeitgeber|lieu|contrat|salaire|ubicacion|contrato|empresa|local|\
    sede|contratto|locatie|salaris|posted|url|source|workplace|industry|contact|website";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_seven_languages_open_their_parts() {
        for (heading, part) in [
            ("What we look for", Part::Required),
            ("What we offer", Part::Noise),
            ("What you can offer", Part::Required),
            ("Ihre Aufgaben", Part::Duties),
            ("Das bringst du mit", Part::Required),
            ("Wünschenswert", Part::Optional),
            ("Nicht nötig", Part::Noise),
            ("Qui vous êtes", Part::Required),
            ("Ce que vous ferez", Part::Duties),
            ("Lo que no necesitas", Part::Noise),
            ("Qué ofrecemos", Part::Noise),
            ("O que você vai fazer", Part::Duties),
            ("I requisiti", Part::Required),
            ("Cosa offriamo", Part::Noise),
            ("Wie ben jij?", Part::Required),
            ("Wat bieden wij?", Part::Noise),
        ] {
            assert_eq!(part_of_heading(heading), Some(part), "{heading}");
        }
    }

    #[test]
    fn what_speaks_about_the_firm_is_told_from_what_speaks_about_the_job() {
        assert_eq!(part_of_heading("About Copperleaf Mutual"), Some(Part::Noise));
        assert_eq!(part_of_heading("About you"), Some(Part::Required));
        assert_eq!(part_of_heading("About the job"), Some(Part::Duties));
    }
}
