use chrono::NaiveDate;
use icalendar::{Calendar, Component, Event, EventLike, Property};
use pathwright_api::job::hex;
use pathwright_api::path::{PathTopic, Stage};
use pathwright_api::text;
use sha2::{Digest, Sha256};

use super::plan::{Days, PlannedStage, PlannedTopic};
use super::reading_list::SectionReading;
use super::{Handout, line};

/// Longest line in bytes, its end not counted (RFC 5545, 3.1).
const LINE: usize = 75;

/// Longest title and longest extract of a passage, in characters.
const TITLE: usize = 200;
const EXTRACT: usize = 240;

/// All-day events, so that no time zone matters: one a topic over its days, and on the day it was completed if it is; one a stage.
pub(super) fn write(handout: &Handout<'_>) -> String {
    let mut calendar = Calendar::empty();
    calendar.append_property(Property::new("VERSION", "2.0"));
    calendar.append_property(Property::new("PRODID", "-//Pathwright//Learning path//EN"));
    calendar.append_property(Property::new("CALSCALE", "GREGORIAN"));
    calendar.append_property(Property::new("METHOD", "PUBLISH"));
    calendar.name(&title(&handout.title()));
    for (number, (stage, planned)) in handout.path.stages.iter().zip(&handout.plan.stages).enumerate() {
        calendar.extend(planned.days.map(|days| stage_event(handout, number + 1, stage, days)));
        calendar.extend(topic_events(handout, stage, planned));
    }
    fold(&calendar.to_string())
}

fn stage_event(handout: &Handout<'_>, number: usize, stage: &Stage, days: Days) -> Event {
    let mut event = event(handout, "stage", &number.to_string(), days);
    event.summary(&format!("Stage {number}: {}", title(&stage.name))).description(&line(&stage.goal));
    event
}

fn topic_events(handout: &Handout<'_>, stage: &Stage, planned: &PlannedStage) -> Vec<Event> {
    let events = stage.topics.iter().zip(&planned.topics);
    events.filter_map(|(topic, planned)| topic_event(handout, topic, planned)).collect()
}

fn topic_event(handout: &Handout<'_>, topic: &PathTopic, planned: &PlannedTopic) -> Option<Event> {
    let completed = handout.completed_at(&topic.topic.id).map(|at| at.date_naive());
    let days = planned.days.or(completed.map(|day| Days { first: day, last: day }))?;
    let mark = if completed.is_some() { "✓ " } else { "" };
    let mut event = event(handout, "topic", topic.topic.id.as_str(), days);
    event.summary(&format!("{mark}{}", title(&topic.topic.title))).description(&description(handout, topic, planned));
    Some(event)
}

/// What one event has in common with the others. Who takes it in a second time has it moved, not doubled: its name depends on the
/// learner and the topic alone, and a path that was made anew keeps it.
fn event(handout: &Handout<'_>, kind: &str, name: &str, days: Days) -> Event {
    let mut hasher = Sha256::new();
    for part in [kind, &handout.path.user, name] {
        hasher.update(part);
        hasher.update([0]);
    }
    let uid = format!("{}@pathwright", &hex(&hasher.finalize())[..32]);
    let mut event = Event::with_uid(&uid);
    event.timestamp(handout.made_at).starts(days.first).ends(day_after(days.last));
    // Learning does not make anybody busy for days.
    event.add_property("TRANSP", "TRANSPARENT");
    event
}

fn description(handout: &Handout<'_>, topic: &PathTopic, planned: &PlannedTopic) -> String {
    let mut lines = vec![format!("{:.1} hours of reading and practice", planned.minutes as f64 / 60.0)];
    if !topic.prerequisites.is_empty() {
        let titles: Vec<String> = topic.prerequisites.iter().map(|required| title(&required.title)).collect();
        lines.push(format!("Builds on {}", titles.join(", ")));
    }
    let reading = handout.reading.of(&topic.topic.id);
    lines.extend(reading.into_iter().flat_map(|reading| &reading.sections).map(section));
    let earlier: Vec<String> =
        reading.into_iter().flat_map(|reading| &reading.earlier).map(|topic| title(&topic.title)).collect();
    if !earlier.is_empty() {
        lines.push(format!("See also what is read for {}", earlier.join(", ")));
    }
    lines.join("\n")
}

fn section(reading: &SectionReading) -> String {
    let pages = reading.pages().map(|pages| format!(", {pages}")).unwrap_or_default();
    let extract = reading.passages.first().map(|passage| text::shorten(&line(&passage.text), EXTRACT));
    let extract = extract.map(|extract| format!(": {extract}")).unwrap_or_default();
    format!(
        "Read “{}” in {}{pages} ({} min){extract}",
        title(&reading.section.title),
        title(&reading.book.title),
        reading.minutes()
    )
}

fn title(given: &str) -> String {
    text::shorten(&line(given), TITLE)
}

/// The end of an event is the first day that it does not have.
fn day_after(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

/// Folds anew: the crate counts the blank before a folded line's last part as nothing, so that one may have 76 bytes.
fn fold(calendar: &str) -> String {
    let unfolded = calendar.replace("\r\n ", "");
    let mut folded = String::with_capacity(calendar.len() + 64);
    for line in unfolded.split_terminator("\r\n") {
        let mut length = 0;
        for c in line.chars() {
            if length + c.len_utf8() > LINE {
                folded.push_str("\r\n ");
                length = 1;
            }
            folded.push(c);
            length += c.len_utf8();
        }
        folded.push_str("\r\n");
    }
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixtures::{completed, sample};
    use super::super::{Format, Progress, export};
    use super::*;

    fn written(progress: &Progress) -> String {
        export(Format::Icalendar, &sample(progress).handout()).text
    }

    fn values<'c>(calendar: &'c str, property: &str) -> Vec<&'c str> {
        let lines = calendar.lines().filter_map(|line| line.strip_prefix(property));
        lines.filter_map(|rest| rest.split_once(':').map(|(_, value)| value)).collect()
    }

    #[test]
    fn a_path_is_a_calendar() {
        insta::assert_snapshot!(written(&completed(&[0])).replace('\r', ""));
    }

    #[test]
    fn names_stay_when_days_move_and_differ_from_learner_to_learner() {
        let (before, after) = (written(&Progress::new()), written(&completed(&[0])));
        assert_eq!(values(&before, "UID"), values(&after, "UID"));
        assert_ne!(values(&before, "DTSTART"), values(&after, "DTSTART"));
        let mut other = sample(&Progress::new());
        other.path.user = "bob".into();
        let other = export(Format::Icalendar, &other.handout()).text;
        assert!(values(&other, "UID").iter().all(|uid| !before.contains(uid)));
    }

    #[test]
    fn the_end_is_the_day_after_and_no_clock_is_named() {
        let calendar = written(&Progress::new());
        assert!(calendar.contains("DTSTART;VALUE=DATE:20270104\r\n") && calendar.contains("DTEND;VALUE=DATE:"));
        let days = |property| values(&calendar, property).into_iter().map(str::len).all(|length| length == 8);
        assert!(days("DTSTART") && days("DTEND") && !calendar.contains("TZID"));
    }

    proptest! {
        #[test]
        fn nothing_in_a_title_ends_a_line_or_makes_one_too_long(given in "[\\PC\r\n\t,;:\\\\ ]{0,300}") {
            let mut sample = sample(&Progress::new());
            sample.path.stages[0].topics[0].topic.title.clone_from(&given);
            sample.path.stages[0].goal = format!("{given}\r\nEND:VCALENDAR\r\nBEGIN:VEVENT");
            let calendar = export(Format::Icalendar, &sample.handout()).text;
            prop_assert!(calendar.split_terminator("\r\n").all(|line| line.len() <= LINE && !line.contains(['\r', '\n'])));
            let unfolded = calendar.replace("\r\n ", "");
            let begun = unfolded.split_terminator("\r\n").filter(|line| *line == "BEGIN:VEVENT").count();
            prop_assert_eq!((begun, unfolded.matches("\r\nEND:VCALENDAR").count()), (5, 1), "two stages, three topics");
            let escaped = title(&given).replace('\\', "\\\\").replace(',', "\\,").replace(';', "\\;");
            let summary = format!("\r\nSUMMARY:{escaped}\r\n");
            prop_assert!(unfolded.contains(&summary), "{unfolded}");
        }
    }
}
