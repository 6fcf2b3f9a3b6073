use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::super::trouble::Trouble;

/// What the limit of an answer is called: OpenAI's own models want the newer name, other servers may only know the older one.
pub(super) struct LimitName {
    newer_first: bool,
    /// The first name was refused; the other one is kept from then on.
    turned: AtomicBool,
}

impl LimitName {
    pub(super) fn new(newer_first: bool) -> Self {
        Self { newer_first, turned: AtomicBool::new(false) }
    }

    pub(super) fn now(&self) -> &'static str {
        if self.newer_first == self.turned.load(Relaxed) { "max_tokens" } else { "max_completion_tokens" }
    }

    /// Whether a call that used a name is worth repeating by the other one, because that name was refused.
    pub(super) fn turn(&self, used: &str, trouble: &Trouble) -> bool {
        if !trouble.is_about(used) {
            return false;
        }
        // Another call may have turned meanwhile.
        used != self.now() || !self.turned.swap(true, Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;

    fn refused() -> Trouble {
        let message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.".to_owned();
        Trouble::Status { status: StatusCode::BAD_REQUEST, message, retry_after: None }
    }

    #[test]
    fn a_refused_name_is_turned_once_however_many_calls_met_the_refusal() {
        let limit = LimitName::new(false);
        let used = limit.now();
        assert_eq!(used, "max_tokens");
        assert!(limit.turn(used, &refused()) && limit.turn(used, &refused()));
        assert_eq!(limit.now(), "max_completion_tokens");
        assert!(!limit.turn(limit.now(), &refused()), "both names are refused");
        assert_eq!(limit.now(), "max_completion_tokens");
    }

    #[test]
    fn other_troubles_turn_nothing() {
        let limit = LimitName::new(true);
        assert!(!limit.turn(limit.now(), &Trouble::BrokenOff));
        assert_eq!(limit.now(), "max_completion_tokens");
    }
}
