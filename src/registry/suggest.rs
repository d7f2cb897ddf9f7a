//! Did you mean: the closest of a few names. Pure.

/// Below this likeness a suggestion confuses more than it helps.
const LIKENESS_MIN: f64 = 0.8;
/// A part of a name must be this long to count as meant.
const PART_CHARS_MIN: usize = 3;

/// The candidate most like `word`, if any is like it at all.
pub fn closest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase().replace('-', "_");
    candidates
        .map(|candidate| (likeness(&word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

fn likeness(word: &str, candidate: &str) -> f64 {
    let part = word.len() >= PART_CHARS_MIN && candidate.split('_').any(|part| part == word);
    let base = strsim::jaro_winkler(word, candidate);
    if part { base.max(LIKENESS_MIN) } else { base }
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn typos_and_parts_find_their_name() {
        let names = ["vcpu_count", "mem_mib", "timeout_seconds", "environment"];
        let close = |word| closest(word, names.into_iter());
        assert_eq!(close("vcpus_count"), Some("vcpu_count"));
        assert_eq!(close("timeout"), Some("timeout_seconds"));
        assert_eq!(close("MEM-MIB"), Some("mem_mib"));
        assert_eq!(close("mem"), Some("mem_mib"));
        assert_eq!(close("zzz"), None);
    }
}
