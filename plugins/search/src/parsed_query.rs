use pathwright_api::text;

/// Phrases of one question that are looked for; further ones are read as words.
const MOST_PHRASES: usize = 8;

/// A question as it was typed, taken apart at its quotation marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ParsedQuery(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    text: String,
    is_quoted: bool,
}

impl ParsedQuery {
    /// A quotation mark without its like is nothing.
    pub(crate) fn parse(question: &str) -> Self {
        let straight = question.replace(['“', '”', '„', '«', '»'], "\"");
        let parts: Vec<&str> = straight.split('"').collect();
        let part = |(at, text): (usize, &&str)| {
            let is_quoted = at % 2 == 1 && at + 1 < parts.len() && !stems(text).is_empty();
            Part { text: text::squeeze(text), is_quoted }
        };
        Self(parts.iter().enumerate().map(part).filter(|part| !part.text.is_empty()).collect())
    }

    /// Its words, without quotation marks.
    pub(crate) fn wording(&self) -> String {
        self.0.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The stems of each phrase in quotation marks, in order, none empty.
    pub(crate) fn phrases(&self) -> Vec<Vec<String>> {
        let quoted = self.0.iter().filter(|part| part.is_quoted);
        quoted.take(MOST_PHRASES).map(|part| stems(&part.text)).collect()
    }

    /// The same with other words outside quotation marks; none where `mend` has nothing to mend.
    pub(crate) fn mended(&self, mut mend: impl FnMut(&str) -> Option<String>) -> Option<Self> {
        let mut mended = self.clone();
        let mut changed = false;
        for part in mended.0.iter_mut().filter(|part| !part.is_quoted) {
            if let Some(text) = mend(&part.text) {
                part.text = text;
                changed = true;
            }
        }
        changed.then_some(mended)
    }
}

/// As it could have been typed.
impl std::fmt::Display for ParsedQuery {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, part) in self.0.iter().enumerate() {
            let (space, mark) = (if at > 0 { " " } else { "" }, if part.is_quoted { "\"" } else { "" });
            write!(formatter, "{space}{mark}{}{mark}", part.text)?;
        }
        Ok(())
    }
}

fn stems(text: &str) -> Vec<String> {
    text::tokens(text).iter().map(|token| text::stem(token.raw)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_stands_in_quotation_marks_is_a_phrase() {
        let asked =
            ParsedQuery::parse("training with “stochastic gradients” and \"state of the art\" \"\" 5\" screens");
        assert_eq!(asked.wording(), "training with stochastic gradients and state of the art 5 screens");
        assert_eq!(asked.phrases(), [vec!["stochast", "gradient"], vec!["state", "of", "the", "art"]]);
        assert_eq!(asked.to_string(), "training with \"stochastic gradients\" and \"state of the art\" 5 screens");
        assert!(ParsedQuery::parse("a \" b").phrases().is_empty());
    }

    #[test]
    fn phrases_are_left_as_they_are() {
        let asked = ParsedQuery::parse("gradeint \"gradeint clipping\"");
        let mended = asked.mended(|text| Some(text.replace("gradeint", "gradient"))).unwrap();
        assert_eq!(mended.to_string(), "gradient \"gradeint clipping\"");
        assert_eq!(asked.mended(|_| None), None);
    }

    proptest! {
        #[test]
        fn no_word_is_lost_and_no_phrase_is_empty(question in "[a-c\"“” ]{0,60}") {
            let asked = ParsedQuery::parse(&question);
            let phrases = asked.phrases();
            prop_assert!(phrases.len() <= MOST_PHRASES && phrases.iter().all(|phrase| !phrase.is_empty()));
            let words = |text: &str| text::lemmas(&text.replace(['"', '“', '”'], " "));
            prop_assert_eq!(words(&question), words(&asked.wording()));
            prop_assert_eq!(ParsedQuery::parse(&asked.to_string()).phrases(), phrases);
        }
    }
}
