/// Ranks of an answer that count for the figures of a search.
pub const DEPTH: usize = 10;

/// How many of some were right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub right: usize,
    pub of: usize,
}

impl Share {
    pub fn count(&mut self, is_right: bool) {
        self.right += usize::from(is_right);
        self.of += 1;
    }

    /// 0 to 1; 0 of nothing.
    pub fn value(self) -> f64 {
        self.right as f64 / self.of.max(1) as f64
    }
}

/// How many of the given answers were expected, and how many of the expected ones were given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retrieval {
    pub precision: Share,
    pub recall: Share,
}

impl Retrieval {
    /// Of pairs: was it expected, and was it given.
    pub fn of(answers: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let mut retrieval = Self::default();
        for (expected, given) in answers {
            if given {
                retrieval.precision.count(expected);
            }
            if expected {
                retrieval.recall.count(given);
            }
        }
        retrieval
    }

    /// The harmonic mean of precision and recall, 0 to 1.
    pub fn f1(self) -> f64 {
        let (precision, recall) = (self.precision.value(), self.recall.value());
        if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
    }
}

/// The mean F1 of the classes that were expected, out of pairs: the expected class and the given one. None without pairs.
pub fn macro_f1<C: Copy + PartialEq>(answers: &[(C, C)]) -> Option<f64> {
    let mut classes: Vec<C> = Vec::new();
    for (expected, _) in answers {
        if !classes.contains(expected) {
            classes.push(*expected);
        }
    }
    let f1 = |class: &C| Retrieval::of(answers.iter().map(|(one, other)| (one == class, other == class))).f1();
    (!classes.is_empty()).then(|| classes.iter().map(f1).sum::<f64>() / classes.len() as f64)
}

/// The probability that a true one has a higher score than a false one, ties counting half: the area under the ROC curve.
/// None unless there are both.
pub fn auc(scored: &[(f32, bool)]) -> Option<f64> {
    let scores = |wanted: bool| -> Vec<f32> {
        scored.iter().filter(|(_, label)| *label == wanted).map(|(score, _)| *score).collect()
    };
    let (trues, falses) = (scores(true), scores(false));
    let mut won = 0.0;
    for score in &trues {
        for other in &falses {
            won += if score > other {
                1.0
            } else if score == other {
                0.5
            } else {
                0.0
            };
        }
    }
    let pairs = trues.len() * falses.len();
    (pairs > 0).then(|| won / pairs as f64)
}

/// How far confidences of 0 to 1 are from the share of true ones among those alike, on average: the expected calibration
/// error over ten bins of equal width.
pub fn calibration_error(scored: &[(f32, bool)]) -> f64 {
    const BINS: usize = 10;
    // For each bin what its confidences claim above what is true.
    let mut surplus = [0.0; BINS];
    for (confidence, is_true) in scored {
        let bin = ((confidence * BINS as f32) as usize).min(BINS - 1);
        surplus[bin] += f64::from(*confidence) - f64::from(u8::from(*is_true));
    }
    surplus.iter().map(|surplus| surplus.abs()).sum::<f64>() / scored.len().max(1) as f64
}

/// How well the first [`DEPTH`] answers serve a query, each figure 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ranked {
    /// Normalised discounted cumulative gain: 1 when all that is relevant comes first.
    pub ndcg: f64,
    /// The share of what is relevant.
    pub recall: f64,
    /// 1 over the rank of the first relevant answer.
    pub reciprocal_rank: f64,
}

/// `gains` says of each answer, best first, whether it brings something relevant that none before it brought;
/// `relevant` is how much there is to bring, at least 1.
pub fn ranked(gains: &[bool], relevant: usize) -> Ranked {
    let hits: Vec<usize> = gains.iter().take(DEPTH).enumerate().filter(|(_, gain)| **gain).map(|(at, _)| at).collect();
    let ideal: f64 = (0..relevant.clamp(1, DEPTH)).map(discount).sum();
    Ranked {
        ndcg: hits.iter().copied().map(discount).sum::<f64>() / ideal,
        recall: hits.len() as f64 / relevant.max(1) as f64,
        reciprocal_rank: hits.first().map_or(0.0, |first| 1.0 / (first + 1) as f64),
    }
}

/// What an answer counts at a place, from 0.
fn discount(place: usize) -> f64 {
    1.0 / ((place + 2) as f64).log2()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-6
    }

    #[test]
    fn the_area_is_one_in_perfect_order_none_in_reverse_and_half_when_tied() {
        assert_eq!(auc(&[(0.9, true), (0.8, true), (0.1, false)]), Some(1.0));
        assert_eq!(auc(&[(0.1, true), (0.8, false), (0.9, false)]), Some(0.0));
        assert_eq!(auc(&[(0.5, true), (0.5, false), (0.5, false)]), Some(0.5));
        assert_eq!(auc(&[(0.5, true), (0.5, false), (0.4, false), (0.9, false)]), Some(0.5));
        assert_eq!(auc(&[(0.5, true)]), None);
    }

    #[test]
    fn confidences_that_keep_their_word_have_no_error() {
        let kept = [(0.75, true), (0.75, true), (0.75, true), (0.75, false), (1.0, true), (0.0, false)];
        assert!(near(calibration_error(&kept), 0.0));
        assert!(near(calibration_error(&[(1.0, false), (0.0, true)]), 1.0));
        // Two bins: 0.1 too much for half of them, 0.2 too little for the other half.
        let off = [(0.6, true), (0.6, false), (0.3, true), (0.3, false)];
        assert!(near(calibration_error(&off), 0.5 * 0.1 + 0.5 * 0.2));
        assert_eq!(calibration_error(&[]), 0.0);
    }

    #[test]
    fn precision_and_recall_count_what_they_should() {
        let answers = [(true, true), (true, false), (true, false), (false, true), (false, false)];
        let retrieval = Retrieval::of(answers);
        assert_eq!(retrieval.precision, Share { right: 1, of: 2 });
        assert_eq!(retrieval.recall, Share { right: 1, of: 3 });
        assert!(near(retrieval.f1(), 0.4));
        assert_eq!(Retrieval::default().f1(), 0.0);
    }

    #[test]
    fn every_expected_class_counts_the_same() {
        // F1 of 'a' is 0.8, of 'b' 0; 'c' was never expected.
        let answers = [('a', 'a'), ('a', 'a'), ('b', 'a'), ('b', 'c')];
        assert!(near(macro_f1(&answers).unwrap(), 0.4));
        assert_eq!(macro_f1::<char>(&[]), None);
    }

    #[test]
    fn a_ranking_is_scored_as_by_hand() {
        let perfect = ranked(&[true, true, false], 2);
        assert_eq!(perfect, Ranked { ndcg: 1.0, recall: 1.0, reciprocal_rank: 1.0 });
        // Hits at ranks 2 and 4 of three relevant ones.
        let some = ranked(&[false, true, false, true], 3);
        let ideal = 1.0 + 1.0 / 3f64.log2() + 0.5;
        assert!(near(some.ndcg, (1.0 / 3f64.log2() + 1.0 / 5f64.log2()) / ideal));
        assert!(near(some.recall, 2.0 / 3.0) && near(some.reciprocal_rank, 0.5));
        assert_eq!(ranked(&[false; 4], 1), Ranked::default());
    }

    #[test]
    fn only_ten_ranks_count() {
        let mut gains = vec![false; 10];
        gains.push(true);
        assert_eq!(ranked(&gains, 1), Ranked::default());
        assert_eq!(ranked(&[true; 10], 20).ndcg, 1.0);
        assert_eq!(ranked(&[true; 10], 20).recall, 0.5);
    }

    fn confidences() -> impl Strategy<Value = Vec<(f32, bool)>> {
        prop::collection::vec((0f32..=1.0, any::<bool>()), 0..40)
    }

    proptest! {
        #[test]
        fn reversing_the_labels_reverses_the_area(scored in confidences()) {
            let reversed: Vec<_> = scored.iter().map(|(score, label)| (*score, !label)).collect();
            if let (Some(area), Some(other)) = (auc(&scored), auc(&reversed)) {
                prop_assert!((0.0..=1.0).contains(&area) && near(area + other, 1.0));
            }
        }

        #[test]
        fn calibration_errors_lie_between_none_and_one(scored in confidences()) {
            prop_assert!((0.0..=1.0).contains(&calibration_error(&scored)));
        }

        #[test]
        fn f1_lies_between_precision_and_recall(answers in prop::collection::vec(any::<(bool, bool)>(), 0..40)) {
            let retrieval = Retrieval::of(answers);
            let (precision, recall) = (retrieval.precision.value(), retrieval.recall.value());
            let f1 = retrieval.f1();
            prop_assert!(f1 <= precision.max(recall) + 1e-9);
            prop_assert!(f1 + 1e-9 >= precision.min(recall));
        }

        #[test]
        fn a_better_rank_never_counts_less(place in 1usize..10, relevant in 1usize..15) {
            let at = |place: usize| -> Ranked {
                let gains: Vec<bool> = (0..10).map(|other| other == place).collect();
                ranked(&gains, relevant)
            };
            let (better, worse) = (at(place - 1), at(place));
            prop_assert!(better.ndcg > worse.ndcg && better.reciprocal_rank > worse.reciprocal_rank);
            prop_assert!(better.ndcg <= 1.0 + 1e-9 && better.recall == worse.recall);
        }
    }
}
