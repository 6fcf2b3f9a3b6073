use std::fmt::Write as _;

use pathwright_api::content::{Citation, ContentKind, Writer};
use pathwright_api::job::Seniority;
use pathwright_api::library::Passage;
use pathwright_api::messages::{Write, Written};
use pathwright_api::{ErrorCode, Failure};

use crate::UNSUPPORTED;
use crate::material::{Code, Material, Sentence, quoted};

/// Name and version of this writer: raise it when what it writes changes.
pub(crate) const VERSION: &str = "extractive-1";

/// The words of the posting that ask for the topic, or why the job needs it unasked.
pub(crate) fn evidence(question: &Write) -> Option<&str> {
    let (id, profile) = (&question.topic.id, &question.profile);
    let required = profile.required_topics.iter().find(|required| required.topic.id == *id);
    let implicit = profile.implicit_topics.iter().find(|implicit| implicit.topic.id == *id);
    required.and_then(|required| required.evidence.as_deref()).or(implicit.map(|implicit| implicit.reason.as_str()))
}

/// Composes a piece out of the passages' own sentences, each with its citation.
///
/// # Errors
/// `TOPIC_NOT_COVERED` where there is no passage to quote.
pub(crate) fn write(question: &Write) -> Result<Written, Failure> {
    if question.passages.is_empty() {
        let message = format!("there is no passage on “{}” to quote", question.topic.title);
        return Err(Failure::new(ErrorCode::TopicNotCovered, message));
    }
    let material = Material::new(&question.topic, &question.passages);
    let Draft { markdown, cited } = draft(question, &material);
    Ok(Written {
        markdown,
        citations: numbered(&cited),
        writer: Writer::Embedded,
        version: VERSION.to_owned(),
        model: None,
        cost: None,
        fallback_reason: None,
    })
}

fn numbered(cited: &[Passage]) -> Vec<Citation> {
    let citation =
        |(at, passage): (usize, &Passage)| Citation { marker: (at + 1).to_string(), passage_id: passage.id.clone() };
    cited.iter().enumerate().map(citation).collect()
}

/// A piece and the passages its citations point to: `[1]` is the first.
struct Draft {
    markdown: String,
    cited: Vec<Passage>,
}

fn draft(question: &Write, material: &Material) -> Draft {
    let mut page = Page { text: String::new(), cited: Vec::new(), used: Vec::new() };
    let _ = writeln!(page.text, "# {}\n", quoted(&title(question)));
    match question.kind {
        ContentKind::Explanation => explanation(&mut page, question, material),
        ContentKind::WorkedExample => worked_example(&mut page, question, material),
        ContentKind::Quiz => quiz(&mut page, material),
        ContentKind::InterviewQuestions => interview(&mut page, question, material),
        ContentKind::Summary => summary(&mut page, question, material),
    }
    page.for_the_learner(question);
    Draft { markdown: page.text.trim_end().to_owned() + "\n", cited: page.cited }
}

pub(crate) fn title(question: &Write) -> String {
    let topic = &question.topic.title;
    match question.kind {
        ContentKind::Explanation => format!("{topic}, for {}", question.role),
        ContentKind::WorkedExample => format!("{topic}: worked through"),
        ContentKind::Quiz => format!("{topic}: check yourself"),
        ContentKind::InterviewQuestions => format!("{topic}: interview questions for {}", question.role),
        ContentKind::Summary => format!("{topic} in short"),
    }
}

fn explanation(page: &mut Page, question: &Write, material: &Material) {
    page.heading("What it is");
    page.quote(&definition(material, 2));
    page.heading("Why this job needs it");
    page.reason(question);
    page.heading("How it works");
    page.quote(&best(material, depth(question.profile.seniority), &page.used.clone()));
    if let Some(code) = material.codes.first() {
        page.heading("Worked through");
        page.code(code);
    }
    let at_work = pick(
        material,
        &["in practice", "at work", "mistake", "careful", "note that", "used", "common"],
        3,
        &page.used.clone(),
    );
    if !at_work.is_empty() {
        page.heading("At work");
        page.quote(&at_work);
    }
}

fn worked_example(page: &mut Page, question: &Write, material: &Material) {
    page.heading("The idea");
    page.quote(&definition(material, 1));
    page.heading("The example");
    let example =
        pick(material, &["example", "suppose", "consider", "let us", "for instance", "say "], 6, &page.used.clone());
    let example = if example.is_empty() {
        best(material, depth(question.profile.seniority), &page.used.clone())
    } else {
        example
    };
    page.quote(&example);
    for code in material.codes.iter().take(2) {
        page.code(code);
    }
    page.heading("Your turn");
    let _ = writeln!(
        page.text,
        "Change one number of the example, say beforehand what you expect, then work it through again. {UNSUPPORTED}\n"
    );
}

fn quiz(page: &mut Page, material: &Material) {
    let mut number = 0;
    let mut answers = String::new();
    for sentence in best(material, 6, &[]) {
        let Some((question, answer)) = gap(&sentence.text).filter(|_| sentence.text.ends_with('.')) else {
            continue;
        };
        number += 1;
        let mark = page.cite(&sentence.passage);
        let _ =
            writeln!(page.text, "{number}. {} \\[{mark}\\]\n", quoted(&question).replace('\u{1}', "\\_\\_\\_\\_\\_"));
        let _ = writeln!(answers, "{number}. {}", quoted(&answer));
    }
    page.heading("Answers");
    page.text.push_str(&answers);
    page.text.push('\n');
}

/// Leaves out the longest word of the second half of a sentence.
fn gap(sentence: &str) -> Option<(String, String)> {
    let middle = sentence.len() / 2;
    let words = pathwright_api::text::tokens(sentence);
    let plain = |raw: &str| raw.chars().all(char::is_alphabetic) && !pathwright_api::text::is_stop_word(raw);
    let inside_span = |at: usize| sentence[..at].matches(['$', '`']).count() % 2 == 1;
    let word = words.iter().filter(|word| word.start >= middle && plain(word.raw) && !inside_span(word.start));
    let word = word.max_by_key(|word| word.raw.len()).filter(|word| word.raw.len() >= 5)?;
    let question = format!("{}\u{1}{}", &sentence[..word.start], &sentence[word.end()..]);
    Some((question, word.raw.to_owned()))
}

fn interview(page: &mut Page, question: &Write, material: &Material) {
    let topic = quoted(&question.topic.title);
    let senior = question.profile.seniority == Seniority::Senior;
    let last = if senior {
        "Where does it break down, and what would you do then?"
    } else {
        "Which mistake is easily made with it?"
    };
    let questions: [(String, Vec<Sentence>); 4] = [
        (format!("How would you explain {topic} to a colleague who has never met it?"), definition(material, 2)),
        ("How does it work?".to_owned(), best(material, 4, &[])),
        (
            format!("When would you use {topic}, and why not something else?"),
            pick(material, &["because", "instead", "when", "advantage", "used"], 3, &[]),
        ),
        (last.to_owned(), pick(material, &["mistake", "careful", "wrong", "pitfall", "fails", "danger"], 3, &[])),
    ];
    for (question, answer) in questions.into_iter().filter(|(_, answer)| !answer.is_empty()) {
        page.heading(&question);
        let _ = writeln!(page.text, "A good answer says:\n");
        for sentence in &answer {
            let mark = page.cite(&sentence.passage);
            let _ = writeln!(page.text, "- {} \\[{mark}\\]", quoted(&sentence.text));
        }
        page.text.push('\n');
    }
}

fn summary(page: &mut Page, question: &Write, material: &Material) {
    for sentence in best(material, 5, &[]) {
        let mark = page.cite(&sentence.passage);
        let _ = writeln!(page.text, "- {} \\[{mark}\\]", quoted(&sentence.text));
    }
    page.text.push('\n');
    page.reason(question);
}

/// Sentences of an explanation: a beginner is told more of the basics, a senior reads the same sections faster.
fn depth(seniority: Seniority) -> usize {
    match seniority {
        Seniority::Junior => 9,
        Seniority::Mid | Seniority::NotSpecified => 7,
        Seniority::Senior => 6,
    }
}

/// What says what the topic is, by its own name rather than by an alias; where nothing does, the first sentences of the
/// section that treats it best, which is where books introduce things.
fn definition(material: &Material, most: usize) -> Vec<Sentence> {
    let mut defining: Vec<&Sentence> =
        material.sentences.iter().filter(|sentence| sentence.defines.is_some()).collect();
    defining.sort_by_key(|sentence| (sentence.defines, sentence.place));
    let chosen = if defining.is_empty() { material.sentences.iter().collect() } else { defining };
    chosen.into_iter().take(most).cloned().collect()
}

/// The weightiest sentences that are not used yet, in reading order.
fn best(material: &Material, most: usize, used: &[usize]) -> Vec<Sentence> {
    let mut chosen: Vec<&Sentence> =
        material.sentences.iter().filter(|sentence| !used.contains(&sentence.place)).collect();
    chosen.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.place.cmp(&b.place)));
    in_reading_order(chosen, most)
}

fn pick(material: &Material, words: &[&str], most: usize, used: &[usize]) -> Vec<Sentence> {
    let speaks = |sentence: &&Sentence| {
        let lower = sentence.text.to_lowercase();
        !used.contains(&sentence.place) && words.iter().any(|word| lower.contains(word))
    };
    in_reading_order(material.sentences.iter().filter(speaks).collect(), most)
}

fn in_reading_order(chosen: Vec<&Sentence>, most: usize) -> Vec<Sentence> {
    let mut chosen: Vec<Sentence> = chosen.into_iter().take(most).cloned().collect();
    chosen.sort_by_key(|sentence| sentence.place);
    chosen
}

struct Page {
    text: String,
    cited: Vec<Passage>,
    used: Vec<usize>,
}

impl Page {
    fn heading(&mut self, title: &str) {
        let _ = writeln!(self.text, "## {title}\n");
    }

    /// Sentences as a paragraph; neighbours from one passage share a citation.
    fn quote(&mut self, sentences: &[Sentence]) {
        for (at, sentence) in sentences.iter().enumerate() {
            self.used.push(sentence.place);
            let mark = self.cite(&sentence.passage);
            let same_next = sentences.get(at + 1).is_some_and(|next| next.passage.id == sentence.passage.id);
            self.text.push_str(&quoted(&sentence.text));
            self.text.push_str(&if same_next { " ".to_owned() } else { format!(" \\[{mark}\\] ") });
        }
        self.text.truncate(self.text.trim_end().len());
        self.text.push_str("\n\n");
    }

    fn code(&mut self, code: &Code) {
        let mark = self.cite(&code.passage);
        let _ = writeln!(self.text, "{}\n\nFrom \\[{mark}\\].\n", code.text);
    }

    fn reason(&mut self, question: &Write) {
        let id = &question.topic.id;
        let required = question.profile.required_topics.iter().find(|required| required.topic.id == *id);
        let implicit = question.profile.implicit_topics.iter().find(|implicit| implicit.topic.id == *id);
        let role = quoted(&question.role);
        let reason = match (required.and_then(|required| required.evidence.as_deref()), required, implicit) {
            (Some(evidence), ..) => format!("The posting asks for it: “{}”", quoted(evidence)),
            (None, Some(_), _) => format!("It is among the topics of the role: {role}."),
            (None, None, Some(implicit)) => quoted(&implicit.reason) + ".",
            (None, None, None) => {
                format!("The job target of {role} does not name it; it is explained here because you asked.")
            }
        };
        let _ = writeln!(self.text, "{} {UNSUPPORTED}\n", reason.replace("..", "."));
    }

    /// The learner's own words are shown back, so that it is plain what was taken into account: nothing more than this.
    fn for_the_learner(&mut self, question: &Write) {
        if let Some(context) = &question.note {
            let context = pathwright_api::text::shorten(&pathwright_api::text::squeeze(context), 500);
            self.heading("Your note");
            let note =
                "The embedded writer quotes the library and cannot adapt its words to this; a language model could.";
            let _ = writeln!(self.text, "> {}\n\n{note} {UNSUPPORTED}\n", quoted(&context));
        }
    }

    fn cite(&mut self, passage: &Passage) -> usize {
        if let Some(at) = self.cited.iter().position(|cited| cited.id == passage.id) {
            return at + 1;
        }
        self.cited.push(passage.clone());
        self.cited.len()
    }
}
