//! Whether KVM executes a guest or only emulates it, told in some milliseconds: a virtual CPU counts down, without any
//! kernel. One that passes still has to boot a real one.

use std::time::Duration;

use tokio::time::timeout;

use crate::sys;

/// Counted down first, to see whether anything runs at all.
const FEW: u32 = 1_000;
/// Then this many, which a CPU does in a fifth of a millisecond and an emulator in a hundred.
const MANY: u32 = 200_000;
/// Slower than this, it is emulated: ten million steps a second are a fiftieth of what a CPU does.
const SLOW: Duration = Duration::from_millis(20);
/// The host may have been busy with something else.
const TRIES: usize = 3;
/// Whatever does not count so far within this hangs.
const HANGS: Duration = Duration::from_secs(1);

/// What the countdowns say against KVM.
pub(super) async fn look() -> Result<(), String> {
    let few = counted(FEW).await?;
    let mut best = Duration::MAX;
    for _ in 0..TRIES {
        best = best.min(counted(MANY).await?);
        if best < SLOW {
            break;
        }
    }
    verdict(few, best)
}

/// One countdown; `None` of time is a hang, whose thread is left behind.
async fn counted(count: u32) -> Result<Duration, String> {
    let counting = tokio::task::spawn_blocking(move || sys::count_down(count));
    match timeout(HANGS, counting).await {
        Ok(Ok(Ok(took))) => Ok(took),
        Ok(Ok(Err(error))) => Err(format!("KVM refuses to run a machine: {error}")),
        Ok(Err(error)) => Err(format!("KVM could not be tried: {error}")),
        Err(_) => Err(format!("KVM hangs: a virtual CPU did not count to {count} within {} s", HANGS.as_secs())),
    }
}

fn verdict(few: Duration, many: Duration) -> Result<(), String> {
    if many < SLOW {
        return Ok(());
    }
    let million = (many.as_secs_f64() / f64::from(MANY) * 1e9).round();
    Err(format!(
        "KVM only emulates: a virtual CPU takes {million} ms for a million steps, {} us for its first thousand \
         (a cloud machine without nested virtualization, perhaps)",
        few.as_micros()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_is_told_from_an_emulator() {
        let micros = Duration::from_micros;
        assert_eq!(verdict(micros(5), micros(200)), Ok(()));
        let why = verdict(micros(820), micros(160_000)).unwrap_err();
        assert!(why.contains("only emulates") && why.contains("800 ms for a million"), "{why}");
    }

    #[tokio::test]
    async fn this_hosts_kvm_is_judged_in_time() {
        if let Err(error) = std::fs::File::options().read(true).write(true).open("/dev/kvm") {
            eprintln!("skipped: /dev/kvm cannot be opened: {error}");
            return;
        }
        let begun = std::time::Instant::now();
        if let Err(why) = look().await {
            assert!(why.starts_with("KVM "), "{why}");
        }
        assert!(begun.elapsed() < HANGS * 4);
    }
}
