use std::collections::HashMap;

use super::line::Line;

/// The value below which this share of the values lies; 0 of none.
pub fn percentile(values: impl Iterator<Item = f32>, share: f32) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    let at = (values.len().saturating_sub(1) as f32 * share).round() as usize;
    values.get(at).copied().unwrap_or_default()
}

/// The size most characters have, to a quarter of a point.
pub fn usual_size<'l>(lines: impl IntoIterator<Item = &'l Line>) -> f32 {
    let sizes = lines.into_iter().map(|line| ((line.size * 4.0).round() as u32, line.chars()));
    most_frequent(sizes).map_or(10.0, |size| size as f32 / 4.0)
}

/// The value with the greatest sum of counts; the least of several.
pub fn most_frequent<V: Copy + Ord + std::hash::Hash>(values: impl Iterator<Item = (V, usize)>) -> Option<V> {
    let mut counts: HashMap<V, usize> = HashMap::new();
    for (value, count) in values {
        *counts.entry(value).or_default() += count;
    }
    counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0))).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_size_is_that_of_most_characters() {
        let line = |text: &str, size: f32| Line { text: text.into(), size, ..Line::default() };
        assert_eq!(usual_size(&[line("A", 20.0), line("B", 20.0), line("long text", 9.96)]), 10.0);
        assert_eq!(percentile([3.0, 1.0, 2.0].into_iter(), 0.5), 2.0);
        assert_eq!(percentile(std::iter::empty(), 0.5), 0.0);
    }
}
