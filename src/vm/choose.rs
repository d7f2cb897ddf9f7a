//! Which back end a machine gets, decided from what the host offers and what is wished. Pure.

use super::ExecutionMode;
use crate::failure::{Code, Failure};

/// What was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// `PYRO_BACKEND`: exactly this one or none.
    pub mode: Option<ExecutionMode>,
    /// Running unisolated on the host is acceptable when no VM can be had.
    pub allow_host_compat: bool,
}

impl Wish {
    /// Whether the answer depends on KVM: what is picked by hand, but for QEMU with KVM, is tried without a proof.
    pub fn needs_proof(self) -> bool {
        matches!(self.mode, None | Some(ExecutionMode::QemuKvm))
    }
}

/// What the host offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// A usable Firecracker; otherwise why not.
    pub firecracker: Result<(), String>,
    /// A usable QEMU; otherwise why not, with the remedy.
    pub qemu: Result<(), String>,
    /// A KVM that really boots a kernel; otherwise why not.
    pub kvm: Result<(), String>,
}

/// The decision and its reason, for doctor and results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub mode: ExecutionMode,
    pub reason: String,
}

/// The remedy where QEMU is missing.
pub const QEMU_REMEDY: &str = "install it with `apt-get install -y qemu-system-x86`";

/// The remedy where Firecracker was asked for and is missing.
pub const FIRECRACKER_REMEDY: &str = "put `firecracker` on PATH or let PYRO_FIRECRACKER name it, or unset PYRO_BACKEND";

/// Reads `PYRO_BACKEND`.
pub fn parse_wish(text: &str) -> Result<Option<ExecutionMode>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    ExecutionMode::ALL.into_iter().find(|mode| mode.as_str() == text).map(Some).ok_or_else(|| {
        Failure::invalid(format!("PYRO_BACKEND is {text:?}, which is no back end"))
            .hint("use firecracker, qemu-kvm, qemu-tcg or host-compat, or unset it")
    })
}

/// Chooses the strongest isolation there is, or refuses with the exact remedy; the host only where it was allowed.
pub fn choose(wish: Wish, offer: &Offer) -> Result<Choice, Failure> {
    let chosen = |mode, reason: String| Ok(Choice { mode, reason });
    let none = |message: String, hint: &str| Err(Failure::new(Code::Unavailable, message).hint(hint));
    let host = |reason: String, remedy: &str| {
        if wish.allow_host_compat {
            chosen(ExecutionMode::HostCompat, reason)
        } else {
            Err(Failure::new(Code::Denied, format!("no virtual machine can be had: {reason}"))
                .hint(format!("{remedy}; or accept running unisolated with allow_host_compat (--allow-host-compat)")))
        }
    };
    match wish.mode {
        Some(ExecutionMode::Firecracker) => match &offer.firecracker {
            Err(why) => none(format!("Firecracker cannot be used: {why}"), FIRECRACKER_REMEDY),
            // Whether KVM works is for the machine to show: whoever asks for exactly this may wait for it.
            Ok(()) => chosen(ExecutionMode::Firecracker, "PYRO_BACKEND asks for it".into()),
        },
        Some(ExecutionMode::HostCompat) => host("PYRO_BACKEND asks for host-compat".into(), "unset it"),
        Some(ExecutionMode::QemuKvm) => match (&offer.qemu, &offer.kvm) {
            (Err(why), _) => none(format!("QEMU cannot be used: {why}"), QEMU_REMEDY),
            (Ok(()), Err(why)) => none(format!("KVM cannot be used: {why}"), "unset PYRO_BACKEND to run emulated"),
            (Ok(()), Ok(())) => chosen(ExecutionMode::QemuKvm, "PYRO_BACKEND asks for it".into()),
        },
        Some(ExecutionMode::QemuTcg) => match &offer.qemu {
            Err(why) => none(format!("QEMU cannot be used: {why}"), QEMU_REMEDY),
            Ok(()) => chosen(ExecutionMode::QemuTcg, "PYRO_BACKEND asks for it".into()),
        },
        None => match (&offer.firecracker, &offer.qemu, &offer.kvm) {
            (Ok(()), _, Ok(())) => chosen(ExecutionMode::Firecracker, "KVM boots a real kernel under it".into()),
            (Err(_), Ok(()), Ok(())) => chosen(ExecutionMode::QemuKvm, "KVM boots a real kernel".into()),
            (_, Ok(()), Err(why)) => chosen(ExecutionMode::QemuTcg, format!("emulated, because {why}")),
            (Ok(()), Err(qemu), Err(kvm)) => host(format!("{qemu}, and Firecracker needs KVM: {kvm}"), QEMU_REMEDY),
            (Err(_), Err(why), _) => host(why.clone(), QEMU_REMEDY),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(firecracker: bool, qemu: bool, kvm: bool) -> Offer {
        let told = |yes: bool, what: &str| if yes { Ok(()) } else { Err(what.to_owned()) };
        Offer {
            firecracker: told(firecracker, "no firecracker on PATH"),
            qemu: told(qemu, "no qemu-system-x86_64 on PATH"),
            kvm: told(kvm, "/dev/kvm does not exist"),
        }
    }

    fn mode(wish: Wish, offer: Offer) -> Result<ExecutionMode, Failure> {
        choose(wish, &offer).map(|choice| choice.mode)
    }

    #[test]
    fn the_strongest_isolation_wins() {
        for firecracker in [false, true] {
            let offer = |qemu, kvm| offer(firecracker, qemu, kvm);
            let best = if firecracker { ExecutionMode::Firecracker } else { ExecutionMode::QemuKvm };
            assert_eq!(mode(Wish::default(), offer(true, true)), Ok(best));
            assert_eq!(mode(Wish::default(), offer(true, false)), Ok(ExecutionMode::QemuTcg));
            let host_allowed = Wish { mode: None, allow_host_compat: true };
            assert_eq!(mode(host_allowed, offer(true, false)), Ok(ExecutionMode::QemuTcg), "a VM is still preferred");
            assert_eq!(mode(host_allowed, offer(false, false)), Ok(ExecutionMode::HostCompat));
        }
        assert_eq!(mode(Wish::default(), offer(true, false, true)), Ok(ExecutionMode::Firecracker));
    }

    #[test]
    fn a_firecracker_picked_by_hand_needs_no_proof_of_kvm() {
        let wish = Wish { mode: Some(ExecutionMode::Firecracker), allow_host_compat: false };
        assert!(!wish.needs_proof() && Wish::default().needs_proof());
        assert_eq!(mode(wish, offer(true, false, false)), Ok(ExecutionMode::Firecracker));
        let failure = mode(wish, offer(false, true, true)).unwrap_err();
        assert_eq!(failure.code, Code::Unavailable);
        assert!(
            failure.message.contains("no firecracker on PATH") && failure.hint.unwrap().contains("PYRO_FIRECRACKER")
        );
    }

    #[test]
    fn the_host_is_never_used_unasked() {
        for mode in ExecutionMode::ALL.map(Some).into_iter().chain([None]) {
            for bits in 0..8 {
                let offer = offer(bits & 4 != 0, bits & 2 != 0, bits & 1 != 0);
                let wish = Wish { mode, allow_host_compat: false };
                assert_ne!(choose(wish, &offer).map(|choice| choice.mode), Ok(ExecutionMode::HostCompat));
            }
        }
    }

    #[test]
    fn a_missing_qemu_is_told_with_its_remedy() {
        let failure = choose(Wish::default(), &offer(false, false, false)).unwrap_err();
        assert_eq!(failure.code, Code::Denied);
        assert!(failure.hint.unwrap().contains("apt-get install -y qemu-system-x86"));
    }

    #[test]
    fn a_wish_for_nothing_known_is_refused() {
        assert_eq!(parse_wish("qemu-tcg").unwrap(), Some(ExecutionMode::QemuTcg));
        assert_eq!(parse_wish("").unwrap(), None);
        assert_eq!(parse_wish("docker").unwrap_err().code, Code::Invalid);
    }
}
