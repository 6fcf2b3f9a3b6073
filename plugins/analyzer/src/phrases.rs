use std::ops::Range;

use pathwright_api::text::{self, Token};

/// Spans of English phrases that are built as the names of skills are: up to four plain words of which the last is a thing one can
/// be good at ("parcel-route inference"), not a known name and not a wish about character.
pub fn skill_phrases(line: &str, known: &[Range<usize>]) -> Vec<Range<usize>> {
    let tokens = text::tokens(line);
    runs(line, &tokens, known).into_iter().filter_map(|run| skill_in(&tokens[run])).collect()
}

/// Runs of words that carry meaning, with nothing but white space or a hyphen between them.
fn runs(line: &str, tokens: &[Token<'_>], known: &[Range<usize>]) -> Vec<Range<usize>> {
    let fits = |token: &Token<'_>| {
        let named = known.iter().any(|known| known.start < token.end() && token.start < known.end);
        !named && !text::is_stop_word(token.raw) && token.raw.chars().all(char::is_alphabetic)
    };
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut start = None;
    for at in 0..=tokens.len() {
        let breaks = at < tokens.len()
            && at > 0
            && !line[tokens[at - 1].end()..tokens[at].start].chars().all(|c| c == ' ' || c == '-');
        let ends = at == tokens.len() || !fits(&tokens[at]) || breaks;
        if let (true, Some(from)) = (ends, start) {
            runs.push(from..at);
            start = None;
        }
        if at < tokens.len() && fits(&tokens[at]) && start.is_none() {
            start = Some(at);
        }
    }
    runs
}

/// The run without the verbs and praise that lead in, if what is left is a skill.
fn skill_in(run: &[Token<'_>]) -> Option<Range<usize>> {
    let leads_in = |token: &&Token<'_>| is_one_of(LEAD_IN, &text::fold(token.raw)) || is_adverb(token.raw);
    let skipped = run.iter().take_while(leads_in).count();
    let words = &run[skipped..];
    let (first, last) = (words.first()?, words.last()?);
    let head = is_one_of(HEADS, &last.lemma) || is_one_of(HEADS, &text::fold(last.raw));
    let general =
        words.iter().any(|word| is_one_of(GENERAL, &text::fold(word.raw)) || is_one_of(LEAD_IN, &text::fold(word.raw)));
    let small = words.iter().skip(1).all(|word| word.raw.chars().all(char::is_lowercase));
    let sound = (2..=4).contains(&words.len()) && head && !general && small;
    sound.then(|| first.start..last.end())
}

/// Whether a word says nothing of a skill by itself.
pub fn is_general(word: &str) -> bool {
    let folded = text::fold(word);
    is_one_of(GENERAL, &folded) || is_one_of(LEAD_IN, &folded) || is_one_of(HEADS, &folded) || is_adverb(word)
}

fn is_adverb(word: &str) -> bool {
    word.len() > 4 && word.ends_with("ly")
}

fn is_one_of(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|listed| listed == word)
}

/// What a skill is a kind of.
const HEADS: &str = "accessibility accounting algorithm algorithms analysis analytics arbitrage architecture attribution auditing automation \
     backtesting benchmarking bootstrapping calibration clearing clustering coding compilation compliance compression computing consistency correction \
     correlation decomposition deduplication design detection diffusion econometrics embeddings encryption engineering estimation estimator \
     evaluation execution experimentation extraction filtering forecasting framework geometry governance graph hedging imputation \
     indexing inference instrumentation integration interpolation interleaving lineage localisation localization logging matching \
     measurement mechanics methodology migration mining modeling modelling monitoring networking optimization optimisation \
     orchestration partitioning planning portability pricing processing profiling programming protocol provisioning \
     ranking reconciliation recognition reconstruction regression regulation reliability replication reporting research resolution \
     roadmap sampling scheduling scoring scripting search security segmentation sharding simulation sizing statistics storage storytelling \
     strategy synchronization synthesis taxonomy telemetry tenancy testing theory tokenization tracing tracking training tuning typing underwriting \
     validation valuation verification versioning virtualization visualization warehousing";

/// Words before a skill that do not belong to its name.
const LEAD_IN: &str = "build building optimizing optimising optimize optimise enhancing enhance facilitating facilitate automating automate \
     accelerating accelerate informing inform productionise productionize monitor measure document turn replace transform translate make \
     standardised standardized structured recurring manual consistent derived named technical executive analytical power move train tier against among develop developing design maintain maintaining own owning run running create creating deliver \
     improve improving drive driving lead leading support supporting manage managing write writing implement implementing perform \
     conduct apply applying use using help ensure ensuring extend establish introduce define provide provision prepare continue \
     evaluate plan planning analyse analyze set keep take work working hands first new newer modern strong good excellent solid deep \
     sound basic advanced proven practical demonstrated relevant similar various complex scalable robust reliable efficient high low large small \
     big key core clear complete full end other different several many better best great real daily weekly monthly ongoing continuous \
     experience experienced knowledge understanding familiarity familiar expertise skills ability interest exposure background example \
     including include related comparable internal external overall general specific existing current future next young honest public own";

/// Words that make a phrase one about people, firms or places rather than about a skill.
const GENERAL: &str = "team teams company companies business customer customers client clients colleague colleagues people person year years \
     month day days work job role career office university degree diploma english language equivalent field industry world best opportunity \
     culture growth mission vision value values salary benefits health insurance holiday vacation budget pension professional personal \
     quality attention detail fast paced self driven track record level experience skill skills environment process processes problem solution \
     solutions tool tools technology technologies platform product products project projects department stakeholder stakeholders senior junior";

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Vec<&str> {
        skill_phrases(line, &[]).into_iter().map(|span| &line[span]).collect()
    }

    #[test]
    fn phrases_built_as_skills_are_found() {
        assert_eq!(found("Continue our work on sensor drift correction"), ["sensor drift correction"]);
        assert_eq!(found("parcel-route inference is something we care about"), ["parcel-route inference"]);
        assert_eq!(found("for example jackknife estimators"), ["jackknife estimators"]);
    }

    #[test]
    fn wishes_about_character_and_firms_are_not() {
        for line in ["Strong team performance", "You are a fast-paced professional", "Five years of work experience"] {
            assert_eq!(found(line), Vec::<&str>::new(), "{line}");
        }
    }
}
