use pathwright_api::ports::Background;

/// Passages compared with the probes.
pub(crate) const SAMPLE: usize = 500;

/// What chance brings: mean and deviation of the cosines of all probes with all passages. A probe that the library treats is
/// near to a handful of passages of hundreds, which moves neither. None without anything to compare.
pub(crate) fn measure(probes: &[Vec<f32>], passages: &[Vec<f32>]) -> Option<Background> {
    let cosine = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum::<f64>();
    let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
    for probe in probes {
        for passage in passages {
            let cosine = cosine(probe, passage);
            sum += cosine;
            squares += cosine * cosine;
            count += 1.0;
        }
    }
    if count == 0.0 {
        return None;
    }
    let mean = sum / count;
    let deviation = (squares / count - mean * mean).max(0.0).sqrt();
    Some(Background { mean: mean as f32, deviation: deviation as f32 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_means_the_same_whatever_the_scale_of_the_model() {
        // Unit vectors in the plane: cosines of the angles between them.
        let at = |degrees: f32| vec![degrees.to_radians().cos(), degrees.to_radians().sin()];
        let probes = [at(0.0)];
        let wide = measure(&probes, &[at(60.0), at(90.0), at(120.0)]).unwrap();
        let narrow = measure(&probes, &[at(20.0), at(30.0), at(38.0)]).unwrap();
        assert!(wide.mean.abs() < 1e-6 && narrow.mean > 0.8);
        assert!(wide.z_score(0.5) > 1.0 && narrow.z_score(0.5) < -1.0);
        assert_eq!(measure(&probes, &[]), None);
    }
}
