//! What Pathwright is about, as plain values with their rules: learners, the jobs they want, the paths to them, and how paths come
//! about. What books are, and what plugins answer, stands in `pathwright_api`. Nothing here knows a database or a schema.

/// How paths come about.
mod generation;
/// The jobs they want.
mod job;
/// The paths to them.
mod path;
/// Learners.
mod user;

pub use generation::{Event, Generation, GenerationPurpose, GenerationState, GenerationStep, JobChange, Outcome};
pub use job::{SavedJob, TargetJob};
pub use path::{Changes, LearningPath, PathCheck};
pub use user::{EducationLevel, ProgressStep, TopicProgress, User, UserChanges};
