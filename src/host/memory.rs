//! How much memory machines may claim.

use crate::limits::MEMORY_SHARE_PERCENT;

/// MiB that running machines may claim together: a share of the smaller of the host's memory and the cgroup's limit.
/// `PYRO_MEMORY_MIB` says otherwise.
pub fn claimable_mib() -> u64 {
    if let Some(mib) = std::env::var("PYRO_MEMORY_MIB").ok().and_then(|text| text.parse().ok()) {
        return mib;
    }
    let read = |path: &str| std::fs::read_to_string(path).ok();
    claimable(read("/proc/meminfo").as_deref(), read("/sys/fs/cgroup/memory.max").as_deref())
}

/// MiB that could be used right now without pressing anything out; all of it where the host does not say.
pub fn available_mib() -> u64 {
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    line_mib(&meminfo, "MemAvailable:").unwrap_or(u64::MAX)
}

fn line_mib(meminfo: &str, name: &str) -> Option<u64> {
    let rest = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
    Some(rest.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? / 1024)
}

fn claimable(meminfo: Option<&str>, cgroup_max: Option<&str>) -> u64 {
    let total_mib = meminfo.and_then(|text| line_mib(text, "MemTotal:")).unwrap_or(u64::MAX);
    let limit_mib = cgroup_max.and_then(|text| text.trim().parse::<u64>().ok()).map_or(u64::MAX, |bytes| bytes >> 20);
    total_mib.min(limit_mib) / 100 * MEMORY_SHARE_PERCENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_of_host_and_cgroup_counts() {
        let meminfo = "MemTotal:       16384000 kB\nMemFree: 1 kB\n";
        assert_eq!(claimable(Some(meminfo), None), 160 * 75);
        assert_eq!(claimable(Some(meminfo), Some("max\n")), 160 * 75);
        assert_eq!(claimable(Some(meminfo), Some("1048576000\n")), 10 * 75);
    }
}
