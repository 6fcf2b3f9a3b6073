use std::fmt::Write;

use chrono::NaiveDate;
use pathwright_api::coverage::Verdict;
use pathwright_api::path::{PathTopic, Stage};

use super::plan::{Days, PlannedStage, PlannedTopic};
use super::reading_list::SectionReading;
use super::{Handout, counted, line};

/// A page for people: headings, and a checkbox a topic.
pub(super) fn write(handout: &Handout<'_>) -> String {
    let mut page = format!("# {}\n\n{}\n", text(&handout.title()), summary(handout));
    if let Some(check) = handout.deadline {
        let _ = write!(page, "\n## Deadline: {}\n\n{}.\n", day(check.deadline), text(&check.message));
    }
    for (number, (stage, planned)) in handout.path.stages.iter().zip(&handout.plan.stages).enumerate() {
        write_stage(&mut page, handout, number + 1, stage, planned);
    }
    write_uncovered(&mut page, handout);
    page
}

fn summary(handout: &Handout<'_>) -> String {
    let plan = handout.plan;
    let topics: usize = handout.path.stages.iter().map(|stage| stage.topics.len()).sum();
    let pace = format!("{} a week", counted(plan.pace.hours_per_week.into(), "hour"));
    let time = match plan.days {
        Some(days) => format!("{} left, at {pace} from {}", hours(plan.minutes), span(days)),
        None => "nothing left to learn".to_owned(),
    };
    let coverage = handout.path.coverage_percentage();
    format!(
        "{}, {time}. The library covers {coverage} % of what the job asks for.\n\n\
         Made by Pathwright on {}.",
        counted(topics as u64, "topic"),
        day(handout.made_at.date_naive())
    )
}

fn write_stage(page: &mut String, handout: &Handout<'_>, number: usize, stage: &Stage, planned: &PlannedStage) {
    let when = planned.days.map_or("completed".to_owned(), span);
    let _ = write!(page, "\n## {number}. {} ({when})\n\n{}\n\n", text(&stage.name), text(&stage.goal));
    for (topic, planned) in stage.topics.iter().zip(&planned.topics) {
        write_topic(page, handout, topic, planned);
    }
}

fn write_topic(page: &mut String, handout: &Handout<'_>, topic: &PathTopic, planned: &PlannedTopic) {
    let completed = handout.completed_at(&topic.topic.id).map(|at| format!("completed on {}", day(at.date_naive())));
    let mark = if completed.is_some() { 'x' } else { ' ' };
    let when = completed.or(planned.days.map(span)).unwrap_or_default();
    let _ = writeln!(page, "- [{mark}] **{}**: {}, {when}", text(&topic.topic.title), hours(planned.minutes));
    let needs: Vec<String> = topic.prerequisites.iter().map(|required| text(&required.title)).collect();
    if !needs.is_empty() {
        let _ = writeln!(page, "  - Builds on {}", needs.join(", "));
    }
    let Some(reading) = handout.reading.of(&topic.topic.id) else { return };
    for section in &reading.sections {
        let _ = writeln!(page, "  - Read {}", section_line(section));
    }
    let earlier: Vec<String> = reading.earlier.iter().map(|topic| text(&topic.title)).collect();
    if !earlier.is_empty() {
        let _ = writeln!(page, "  - See also what is read for {}", earlier.join(", "));
    }
}

fn section_line(section: &SectionReading) -> String {
    let pages = section.pages().map(|pages| format!(", {pages}")).unwrap_or_default();
    let also: Vec<String> = section.also_for.iter().map(|topic| text(&topic.title)).collect();
    let also = if also.is_empty() { String::new() } else { format!("; also for {}", also.join(", ")) };
    format!(
        "“{}” in *{}*{pages}: {}, {}{also}",
        text(&section.section.title),
        text(&section.book.title),
        counted(section.words.into(), "word"),
        counted(section.minutes().into(), "minute")
    )
}

fn write_uncovered(page: &mut String, handout: &Handout<'_>) {
    let mut uncovered = handout.uncovered().peekable();
    if uncovered.peek().is_none() {
        return;
    }
    page.push_str("\n## What the library does not cover\n\nThe plan does not count these.\n\n");
    uncovered.for_each(|verdict| write_resources(page, handout, verdict));
}

fn write_resources(page: &mut String, handout: &Handout<'_>, verdict: &Verdict) {
    let done = handout.completed_at(&verdict.topic.id).is_some();
    let _ = writeln!(page, "- [{}] **{}**", if done { 'x' } else { ' ' }, text(&verdict.topic.title));
    for resource in handout.resources(verdict) {
        let price = if resource.free { "free" } else { "paid" };
        let title = text(&resource.title);
        let _ = match address(&resource.url) {
            Some(url) => writeln!(page, "  - [{title}](<{url}>), {price}"),
            None => writeln!(page, "  - {title}, {price}"),
        };
    }
}

/// Only web addresses become links; what could end one is encoded.
fn address(url: &str) -> Option<String> {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    let encoded = |c: char| match c {
        '<' => "%3C".to_owned(),
        '>' => "%3E".to_owned(),
        '\\' => "%5C".to_owned(),
        c if c.is_control() || c.is_whitespace() => String::new(),
        c => c.to_string(),
    };
    is_web.then(|| url.chars().map(encoded).collect())
}

fn hours(minutes: u64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => counted(minutes, "minute"),
        (hours, 0) => counted(hours, "hour"),
        (hours, minutes) => format!("{} {}", counted(hours, "hour"), counted(minutes, "minute")),
    }
}

fn span(days: Days) -> String {
    if days.first == days.last { day(days.first) } else { format!("{} to {}", day(days.first), day(days.last)) }
}

fn day(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

/// Text from anywhere as Markdown that shows it as it is, in one line, wherever in a line it stands.
fn text(given: &str) -> String {
    let line = line(given);
    let mut out = String::with_capacity(line.len() + 8);
    let mut before = None;
    for (at, c) in line.char_indices() {
        let next = line[at + c.len_utf8()..].chars().next();
        if is_markup(c, before, next) {
            out.push('\\');
        }
        out.push(c);
        before = Some(c);
    }
    out
}

/// Whether a character could mean something between these two: emphasis, code, formulas, links, HTML, entities, tables, or what
/// makes lists, headings and bare addresses.
fn is_markup(c: char, before: Option<char>, next: Option<char>) -> bool {
    let is_blank = |neighbour: Option<char>| neighbour.is_none_or(char::is_whitespace);
    match c {
        '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '$' | '~' | '@' => true,
        '&' | ':' => !is_blank(next),
        '!' => next == Some('['),
        '#' | '-' | '+' | '=' => is_blank(before),
        '.' => {
            before.is_some_and(|c| matches!(c, 'w' | 'W'))
                || before.is_some_and(|c| c.is_ascii_digit()) && is_blank(next)
        }
        ')' => before.is_some_and(|c| c.is_ascii_digit()) && is_blank(next),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser};

    use super::super::fixtures::{completed, resource, sample};
    use super::super::{Format, export};
    use super::*;

    #[test]
    fn a_path_reads_like_a_page() {
        let sample = sample(&completed(&[0]));
        insta::assert_snapshot!(export(Format::Markdown, &sample.handout()).text);
    }

    #[test]
    fn addresses_in_titles_do_not_become_links() {
        assert_eq!(
            text("see https://evil.example www.evil.example a@b"),
            "see https\\://evil.example www\\.evil.example a\\@b"
        );
        assert_eq!(text("Node.js: what & why - C++, C#"), "Node.js: what & why \\- C++, C#");
        assert_eq!(text("1. one\n# two"), "1\\. one \\# two");
    }

    #[test]
    fn only_web_addresses_are_linked_and_none_breaks_out() {
        let mut sample = sample(&completed(&[]));
        let verdict = sample.path.verdicts.last_mut().unwrap();
        verdict.external_resources =
            vec![resource("Script", "javascript:alert(1)"), resource("Odd", "https://x.example/a>b (c)\n<script>")];
        let page = export(Format::Markdown, &sample.handout()).text;
        assert!(page.contains("  - Script, free\n") && !page.contains("javascript"));
        assert!(page.contains("[Odd](<https://x.example/a%3Eb(c)%3Cscript%3E>)"), "{page}");
    }

    /// What GitHub and most editors understand beyond CommonMark.
    fn extensions() -> Options {
        Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_MATH
            | Options::ENABLE_GFM
    }

    proptest! {
        #[test]
        fn text_stays_text(given in "[a-zA-Z0-9 <>&;#:/.@\\\\()!`*_\\[\\]{}|~$+=\\-\"'\n]{0,60}") {
            for place in ["# X {}", "- [ ] **{}**: x", "  {}", "{}", "> {}"] {
                let page = place.replace("{}", &text(&given));
                let shown: String = Parser::new_ext(&page, extensions()).filter_map(|event| match event {
                    Event::Text(text) => Some(text.into_string()),
                    Event::Start(_) | Event::End(_) | Event::TaskListMarker(_) => None,
                    other => Some(format!("<{other:?}>")),
                }).collect();
                let wanted = place.trim_start_matches(['#', '-', ' ', '[', ']', '*', '>', 'X']);
                let wanted = wanted.replace("**", "").replace("{}", &line(&given));
                prop_assert!(shown.ends_with(wanted.trim()), "{page} shows {shown}");
            }
        }
    }
}
