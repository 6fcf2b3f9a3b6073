use async_graphql::Enum;

/// What most of a book's files are written in.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "pathwright_api::library::BookFormat")]
pub enum BookFormat {
    /// Markdown, of any dialect.
    Markdown,
    /// HTML.
    Html,
    /// EPUB.
    Epub,
    /// PDF.
    Pdf,
    /// reStructuredText.
    Rst,
    /// Jupyter notebooks.
    Notebook,
    /// Plain text.
    Text,
}

/// Every way in which Pathwright refuses or fails.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "pathwright_api::ErrorCode")]
pub enum ErrorCode {
    /// An argument is missing, too long or malformed.
    InvalidInput,
    /// The request is not a well-formed GraphQL request.
    BadRequest,
    /// The document does not parse, or asks for what the schema does not have.
    GraphqlInvalid,
    /// The posting holds no text to analyze.
    PostingEmpty,
    /// The posting is longer than the configured limit.
    PostingTooLarge,
    /// The posting is binary data rather than text.
    PostingNotText,
    /// No user has this id.
    UserNotFound,
    /// No role template has this id.
    TemplateNotFound,
    /// No target job has this id.
    TargetJobNotFound,
    /// The topic is not known here.
    TopicNotFound,
    /// No book has this id.
    BookNotFound,
    /// No generation has this id.
    GenerationNotFound,
    /// The generation was cancelled on request, was replaced by a newer one, or its user is gone.
    GenerationCancelled,
    /// The library has no passage to ground a piece in.
    TopicNotCovered,
    /// The book cannot be read.
    BookUnreadable,
    /// The library was embedded by another model than the configured one.
    EmbeddingModelMismatch,
    /// Too much is going on at once; try again after the hinted time.
    Busy,
    /// The answer did not come within the deadline.
    DeadlineExceeded,
    /// A plugin failed while it worked on this.
    PluginFailed,
    /// The language model's or the embedding model's endpoint does not answer, refuses, or asks to wait for too long.
    ModelUnavailable,
    /// The language model or the embedding model answered what cannot be used.
    ModelAnswerInvalid,
    /// The day's budget for language models is spent.
    BudgetSpent,
    /// The database does not answer, or refuses.
    StoreUnavailable,
    /// The database cannot write: no space is left.
    StoreFull,
    /// The database has lost what was acknowledged; nothing is served before an operator accepted that.
    StoreDamaged,
    /// No valid credentials came with the request.
    Unauthenticated,
    /// The credentials do not allow this.
    Forbidden,
    /// The document nests too deeply.
    QueryTooDeep,
    /// The document asks for too many fields.
    QueryTooComplex,
    /// The document has too many aliases.
    TooManyAliases,
    /// The request body is larger than the limit.
    BodyTooLarge,
    /// A defect in Pathwright; the log has the details.
    Internal,
}

/// How senior a job is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "pathwright_api::job::Seniority")]
pub enum Seniority {
    /// Starting out.
    Junior,
    /// Working on one's own.
    Mid,
    /// Leading others or a field.
    Senior,
    /// The job does not say.
    NotSpecified,
}

/// Where a job profile came from.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "pathwright_api::job::ProfileOrigin")]
pub enum ProfileOrigin {
    /// A role template.
    Template,
    /// A language model read the posting.
    LanguageModel,
    /// The embedded analyzer read the posting.
    Embedded,
}

/// What sort of thing a topic is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "pathwright_api::topic::TopicKind")]
pub enum TopicKind {
    /// An idea to understand.
    Concept,
    /// A way of doing something.
    Method,
    /// A language, library or product.
    Tool,
    /// A habit of working.
    Practice,
}

/// Who says that something is a topic.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicOrigin {
    /// The topic map, the operator's files included.
    TopicMap,
    /// The books of the library: a heading, an index or a definition.
    Library,
    /// Whoever named it: a posting or a question. Neither the map nor the library knows it.
    Named,
}

/// Who says that one topic comes before another.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "pathwright_api::path::PrerequisiteOrigin")]
pub enum PrerequisiteOrigin {
    /// The topic map.
    TopicMap,
    /// The books: one is treated before the other, whose passages keep naming it.
    Library,
    /// The books' own references: where one is treated, the text refers back to where the other is.
    CrossReference,
    /// Their titles: numbered parts of one series.
    Series,
    /// A language model's proposal that passed the checks.
    LanguageModel,
    /// What the topic map says of topics like these: of at least one of the two it knows nothing.
    Likeness,
}

/// Who ordered a path.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "pathwright_api::path::PathOrigin")]
pub enum PathOrigin {
    /// A language model, checked.
    LanguageModel,
    /// The embedded sequencer.
    Embedded,
}

/// What sort of thing an external resource is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "pathwright_api::coverage::ResourceKind")]
pub enum ResourceKind {
    /// A book.
    Book,
    /// A course.
    Course,
    /// Official documentation.
    Documentation,
    /// A tutorial.
    Tutorial,
    /// An article.
    Article,
    /// Videos.
    Video,
    /// A work of reference.
    Reference,
    /// A search on a well-known open site.
    Search,
}

/// What is written about a topic.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "pathwright_api::content::ContentKind")]
pub enum ContentKind {
    /// What it is, why the job needs it, how it works.
    Explanation,
    /// An example worked through.
    WorkedExample,
    /// Questions with answers, to check oneself.
    Quiz,
    /// What an interviewer may ask, and what a good answer says.
    InterviewQuestions,
    /// The essence in a few lines.
    Summary,
}

/// Who wrote a piece.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "pathwright_api::content::Writer")]
pub enum Writer {
    /// A language model, from the passages it was given.
    LanguageModel,
    /// The embedded writer, out of the passages' own sentences.
    Embedded,
}

/// For whom a cached piece was written.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "pathwright_api::content::CacheKeyKind")]
pub enum CacheKeyKind {
    /// Users of a role template.
    Template,
    /// Users of the same posting.
    JobHash,
    /// Users with no job target.
    Default,
}

/// What became of a book.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::library::Outcome")]
pub enum IngestOutcome {
    /// It was not there before.
    Added,
    /// It had changed: its passages were replaced.
    Replaced,
    /// Nothing had changed, nothing was done.
    Unchanged,
}

/// What a candidate is known by.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::library::Basis")]
pub enum CandidateBasis {
    /// Its titles: where a topic is named, but not how well it is explained.
    TableOfContents,
    /// Its whole text, judged as it would be in the library.
    FullText,
}

/// What an export is written in.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::export::Format")]
pub enum ExportFormat {
    /// A page for people, with a checkbox a topic.
    Markdown,
    /// Everything, for programs; its shape is numbered.
    Json,
    /// Days for a calendar, as RFC 5545 says; taken in again, it moves what is there.
    Icalendar,
}

/// The highest degree a learner has or works on.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::EducationLevel")]
pub enum EducationLevel {
    /// School.
    HighSchool,
    /// Bachelor's degree or equal.
    Bachelor,
    /// Master's degree or equal.
    Master,
    /// Doctorate.
    Doctorate,
    /// Taught oneself, or any other way.
    Other,
}

/// What a generation is to bring forth.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::GenerationPurpose")]
pub enum GenerationPurpose {
    /// A path, for the job in force.
    MakePath,
    /// A job profile alone, for a job that was saved.
    ReadJob,
}

/// How far a generation is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::GenerationState")]
pub enum GenerationState {
    /// Waits for its turn.
    Queued,
    /// Is being worked on.
    Running,
    /// The path is there, or the job is read.
    Completed,
    /// Ended with an error.
    Failed,
    /// Replaced by a newer one, or cancelled on request.
    Cancelled,
}

/// What is being done for a path.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::GenerationStep")]
pub enum GenerationStep {
    /// Reading the job target.
    Analyze,
    /// Checking each topic against the library.
    Coverage,
    /// Putting covered topics in order.
    Sequence,
    /// Storing the path.
    Persist,
}

/// Whether a plugin can be asked.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::host::PluginState")]
pub enum PluginState {
    /// It answers.
    Running,
    /// It fell, and is started again after a pause.
    Restarting,
}
