use indicatif::{ProgressBar, ProgressStyle};

use crate::library::Progress;

/// A bar on standard error, hidden where that is no terminal.
pub(super) fn bar(name: &str) -> ProgressBar {
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_prefix(name.to_owned());
    bar
}

/// A bar over the bytes of a book, hidden where there is no terminal: how far, how fast, how long yet.
pub(super) fn book_bar(name: &str) -> ProgressBar {
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("{prefix} {bar:30} {percent}% {msg} {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_prefix(name.to_owned());
    bar
}

pub(super) fn advance_book(bar: &ProgressBar, progress: Progress) {
    if bar.length().is_none() && progress.known > 0 {
        // What an earlier run did says nothing about how fast this one is.
        bar.reset_eta();
    }
    let seconds = bar.elapsed().as_secs_f64().max(0.001);
    let rate = (progress.passages - progress.known) as f64 / seconds;
    bar.set_length(progress.all_bytes);
    bar.set_position(progress.bytes);
    bar.set_message(format!("{} passages, {rate:.0}/s,", progress.passages));
}

pub(super) fn advance(bar: &ProgressBar, done: usize, total: usize) {
    bar.set_length(total as u64);
    bar.set_position(done as u64);
}
