use pathwright_api::text;

/// Words of titles that open a subject, and words of titles that round it off.
const OPENING: [&str; 22] = [
    "introduction",
    "introducing",
    "intro",
    "basic",
    "fundamental",
    "intuition",
    "first",
    "setup",
    "what",
    "why",
    "foundation",
    "primer",
    "overview",
    "beginner",
    "simple",
    "started",
    "essential",
    "principle",
    "concept",
    "elementary",
    "hello",
    "tour",
];
const CLOSING: [&str; 22] = [
    "advanced",
    "capstone",
    "project",
    "production",
    "scale",
    "scaling",
    "build",
    "building",
    "deployment",
    "deploying",
    "optimization",
    "case",
    "final",
    "complete",
    "hardening",
    "frontier",
    "system",
    "platform",
    "service",
    "pipeline",
    "full",
    "real",
];

/// -1 for a title that opens a subject, 1 for one that rounds it off.
pub fn cue(title: &str) -> f32 {
    let words = text::lemmas(title);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    f32::from(u8::from(has(&CLOSING))) - f32::from(u8::from(has(&OPENING)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_tell_where_they_stand() {
        assert!(cue("Introduction to PyTorch") < cue("PyTorch") && cue("Capstone: a pricing service") > 0.0);
    }
}
