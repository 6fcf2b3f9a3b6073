use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use pathwright_api::{ErrorCode, Failure, text};

use super::chosen_jobs::{JobsInput, chosen};
use super::coverage::Coverage;
use super::enums::CandidateBasis;
use super::error::{UserError, Wire, services};
use super::shelving::UploadFormat;
use super::topics::Topic;
use crate::comparison::{self, Change, Comparison, Treated, titles};
use crate::library::{Candidate, Upload};
use crate::services::Services;

/// Candidates of one question.
pub(super) const CANDIDATES: usize = 5;

/// Longest title, in characters.
const LONGEST: usize = 200;

/// Largest table of contents, in bytes.
const CONTENTS_BYTES: usize = 256 << 10;

/// Largest text, in bytes: several times a thick book.
const TEXT_BYTES: usize = 8 << 20;

/// A book that may be bought: its table of contents, or its whole text.
#[derive(InputObject)]
pub struct CandidateBookInput {
    /// At most 200 characters.
    title: String,
    /// Its table of contents, as text, Markdown or HTML: a line a title, indented, numbered or a list, with or without page
    /// numbers; at most 256 KiB. Or else …
    table_of_contents: Option<String>,
    /// … the whole book, at most 8 MiB.
    text: Option<String>,
    /// What the text is written in. It has no meaning for a table of contents.
    #[graphql(default_with = "UploadFormat::Text")]
    format: UploadFormat,
}

/// Which books to compare, and for which jobs.
#[derive(InputObject)]
pub struct CompareBooksInput {
    /// The jobs whose coverage counts.
    jobs: JobsInput,
    /// One to five.
    candidates: Vec<CandidateBookInput>,
}

/// The candidates, the best first.
#[derive(SimpleObject)]
pub struct CompareBooksPayload {
    /// Those that cover most of what the jobs need first; empty when there are errors.
    candidates: Vec<BookComparison>,
    /// Distinct topics of the jobs that were looked at: all, unless there are more than 400.
    topic_count: u32,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// What a candidate would change.
pub struct BookComparison {
    rank: u32,
    title: String,
    basis: CandidateBasis,
    section_count: usize,
    change: Change,
}

/// What a candidate would change.
#[Object]
impl BookComparison {
    /// From 1: the best first. Candidates that change as much come in the order they were given in.
    async fn rank(&self) -> u32 {
        self.rank
    }

    /// As it was given.
    async fn title(&self) -> &str {
        &self.title
    }

    /// What the verdicts stand on.
    async fn basis(&self) -> CandidateBasis {
        self.basis
    }

    /// How far the verdicts go; null for those on a whole text, which are what the library would say.
    async fn caution(&self) -> Option<&'static str> {
        (self.basis == CandidateBasis::TableOfContents).then_some(titles::CAUTION)
    }

    /// Sections with text, or titles of the table of contents.
    async fn section_count(&self) -> usize {
        self.section_count
    }

    /// How much of what the jobs need becomes covered: the weights of the topics, summed over the jobs. Candidates are ranked by
    /// it, and then by what gets nearer.
    async fn gain(&self) -> f32 {
        self.change.gain
    }

    /// Covered topics out of the distinct topics of all jobs, without the candidate: 0 to 100, rounded.
    async fn coverage_percentage_before(&self) -> u32 {
        self.change.before
    }

    /// The same with the candidate.
    async fn coverage_percentage_after(&self) -> u32 {
        self.change.after
    }

    /// The same for each job.
    async fn jobs(&self) -> Vec<JobComparison> {
        self.change.jobs.iter().cloned().map(JobComparison::from).collect()
    }

    /// Topics that become covered, what the jobs need most first.
    async fn becomes_covered(&self) -> Vec<CandidateTopic> {
        self.change.becomes_covered.iter().cloned().map(CandidateTopic).collect()
    }

    /// Other topics on which the candidate is clearly better than the library: by 0.1 of confidence at least.
    async fn improved(&self) -> Vec<CandidateTopic> {
        self.change.improved.iter().cloned().map(CandidateTopic).collect()
    }

    /// Topics that stay uncovered, as the library alone is judged, with other places to learn them.
    async fn stays_uncovered(&self) -> Vec<Coverage> {
        self.change.stays_uncovered.iter().cloned().map(Coverage).collect()
    }
}

/// A job's coverage, without and with a candidate.
#[derive(SimpleObject)]
pub struct JobComparison {
    /// The job; null where it is not to be said whose it is.
    name: Option<String>,
    /// How many target jobs it stands for.
    count: u32,
    /// Covered topics out of all of the job, 0 to 100, rounded.
    coverage_percentage_before: u32,
    /// The same with the candidate.
    coverage_percentage_after: u32,
}

impl From<comparison::JobChange> for JobComparison {
    fn from(job: comparison::JobChange) -> Self {
        let (before, after) = (job.before, job.after);
        Self { name: job.name, count: job.count, coverage_percentage_before: before, coverage_percentage_after: after }
    }
}

/// A topic that a candidate treats.
pub struct CandidateTopic(Treated);

/// A topic that a candidate treats.
#[Object]
impl CandidateTopic {
    /// What is treated.
    async fn topic(&self) -> Topic {
        Topic(self.0.before.topic.clone())
    }

    /// The title of the candidate's section that treats it best.
    async fn section(&self) -> &str {
        self.0.place.heading.last().map_or("", String::as_str)
    }

    /// The titles from the highest down to that section's.
    async fn heading(&self) -> &[String] {
        &self.0.place.heading
    }

    /// The page, where the table of contents names it.
    async fn page(&self) -> Option<u32> {
        self.0.place.page
    }

    /// 0 to 1: how sure it is that the topic is treated once the candidate is there.
    async fn confidence(&self) -> f32 {
        self.0.confidence
    }

    /// The same by the library as it is.
    async fn confidence_before(&self) -> f32 {
        self.0.before.confidence
    }
}

#[derive(Default)]
pub struct CompareBooksQueries;

#[Object]
impl CompareBooksQueries {
    /// Which of some books to get: how the coverage of some jobs would change with each. Nothing of a candidate is kept, and
    /// nobody else sees it.
    async fn compare_books(&self, ctx: &Context<'_>, input: CompareBooksInput) -> Result<CompareBooksPayload> {
        let services = services(ctx)?;
        let jobs = chosen(ctx, input.jobs).await?;
        let Ok(_permit) = services.comparing.try_acquire() else {
            return Err(super::error::wire(Failure::busy("the comparison of books", 5_000)));
        };
        let candidates = match read(services, input.candidates).await {
            Ok(candidates) => candidates,
            Err(Trouble::Input(user_errors)) => {
                return Ok(CompareBooksPayload { candidates: vec![], topic_count: 0, user_errors });
            }
            Err(Trouble::Other(failure)) => return Err(super::error::wire(failure)),
        };
        let (store, host, searcher) = (&services.store, services.host.as_ref(), &services.searcher);
        let ranked = Comparison { store, host, searcher, jobs: &jobs }.of(&candidates).await.wire()?;
        let view = |(rank, (at, change)): (usize, (usize, Change))| BookComparison {
            rank: rank as u32 + 1,
            title: candidates[at].title.clone(),
            basis: candidates[at].basis.into(),
            section_count: candidates[at].section_count,
            change,
        };
        let topic_count = ranked.topics as u32;
        let candidates = ranked.changes.into_iter().enumerate().map(view).collect();
        Ok(CompareBooksPayload { candidates, topic_count, user_errors: vec![] })
    }
}

/// Why candidates were not read.
enum Trouble {
    Input(Vec<UserError>),
    Other(Failure),
}

/// All of them, or what is wrong with any.
async fn read(services: &Services, inputs: Vec<CandidateBookInput>) -> Result<Vec<Candidate>, Trouble> {
    if inputs.is_empty() || inputs.len() > CANDIDATES {
        let message = format!("candidates must be 1 to {CANDIDATES} books");
        return Err(Trouble::Input(vec![UserError::new("candidates", ErrorCode::InvalidInput, message)]));
    }
    let errors: Vec<UserError> = inputs.iter().enumerate().filter_map(|(at, input)| problem(at, input)).collect();
    if !errors.is_empty() {
        return Err(Trouble::Input(errors));
    }
    let mut candidates = Vec::with_capacity(inputs.len());
    let mut errors = Vec::new();
    for (at, input) in inputs.into_iter().enumerate() {
        let field = if input.text.is_some() { "text" } else { "tableOfContents" };
        match read_one(services, input).await {
            Ok(candidate) => candidates.push(candidate),
            Err(failure) if failure.code == ErrorCode::BookUnreadable => {
                errors.push(UserError::at(&format!("candidates.{at}.{field}"), failure));
            }
            Err(failure) => return Err(Trouble::Other(failure)),
        }
    }
    if errors.is_empty() { Ok(candidates) } else { Err(Trouble::Input(errors)) }
}

async fn read_one(services: &Services, input: CandidateBookInput) -> Result<Candidate, Failure> {
    let title = text::squeeze(&input.title);
    match (input.text, input.table_of_contents) {
        (Some(text), _) => {
            services.librarian.candidate(Upload { title, format: input.format.into(), bytes: text.into_bytes() }).await
        }
        (None, contents) => services.librarian.candidate_by_contents(title, &contents.unwrap_or_default()).await,
    }
}

fn problem(at: usize, input: &CandidateBookInput) -> Option<UserError> {
    let refused = |field: &str, message: String| {
        Some(UserError::new(&format!("candidates.{at}.{field}"), ErrorCode::InvalidInput, message))
    };
    let title = text::squeeze(&input.title);
    if title.is_empty() || title.chars().count() > LONGEST {
        return refused("title", format!("title must have 1 to {LONGEST} characters"));
    }
    match (&input.text, &input.table_of_contents) {
        (Some(_), Some(_)) => {
            refused("text", "text and tableOfContents exclude each other: send one of them".to_owned())
        }
        (None, None) => refused("tableOfContents", "send a tableOfContents or a text".to_owned()),
        (Some(text), None) if text.len() > TEXT_BYTES => {
            refused("text", format!("text is larger than {} MiB", TEXT_BYTES >> 20))
        }
        (None, Some(contents)) if contents.len() > CONTENTS_BYTES => {
            refused("tableOfContents", format!("tableOfContents is larger than {} KiB", CONTENTS_BYTES >> 10))
        }
        _ => None,
    }
}
