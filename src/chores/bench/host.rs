//! Which machine was measured on: numbers mean nothing without it.

use std::{fs, process::Command};

use serde::Serialize;

use crate::{environment::Environments, failure::Failure, vm::offer};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Host {
    pub(super) pyro: String,
    pub(super) cpu: String,
    pub(super) cores: usize,
    pub(super) memory_mib: u64,
    /// The host's.
    pub(super) kernel: String,
    pub(super) vmm: String,
    pub(super) execution_mode: String,
    /// The guests', as `pyro env inspect` tells it.
    pub(super) guest_kernel: String,
    /// The environment that was measured with.
    pub(super) environment: String,
}

impl Host {
    /// Looks; what cannot be found out is told as unknown.
    pub(super) async fn look(
        environments: &Environments,
        environment: &str,
        execution_mode: &str,
    ) -> Result<Self, Failure> {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim_start_matches([' ', '\t', ':']).to_owned()
        };
        let memory = field(&read("/proc/meminfo"), "MemTotal");
        let memory_mib = memory.split(' ').next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024;
        let vmm = if execution_mode == "firecracker" {
            offer::firecracker().await.map(|found| format!("Firecracker {}", found.version))
        } else {
            offer::qemu().map(|binary| {
                let output = Command::new(binary).arg("--version").output().map(|output| output.stdout);
                let text = String::from_utf8_lossy(&output.unwrap_or_default()).into_owned();
                text.lines().next().unwrap_or_default().replace(" emulator version", "")
            })
        };
        Ok(Self {
            pyro: env!("CARGO_PKG_VERSION").to_owned(),
            cpu: field(&read("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_mib,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            vmm: vmm.unwrap_or_else(|_| "unknown".to_owned()),
            execution_mode: execution_mode.to_owned(),
            guest_kernel: environments.kernel()?.0.unwrap_or_else(|| "unknown".to_owned()),
            environment: environment.to_owned(),
        })
    }

    pub(super) fn lines(&self) -> String {
        format!(
            "pyro {}, {} with kernel {}\n{}, {}\n{}, {} cores, {} MiB, Linux {}\n",
            self.pyro,
            self.environment,
            self.guest_kernel,
            self.execution_mode,
            self.vmm,
            self.cpu,
            self.cores,
            self.memory_mib,
            self.kernel
        )
    }

    #[cfg(test)]
    pub(super) fn example() -> Self {
        let words = ["4.0.0", "A <fast> CPU", "6.1", "QEMU 7.2", "qemu-kvm", "6.1.1 (tuned)", "debian:12"];
        let [pyro, cpu, kernel, vmm, execution_mode, guest_kernel, environment] = words.map(str::to_owned);
        Self { pyro, cpu, cores: 2, memory_mib: 4096, kernel, vmm, execution_mode, guest_kernel, environment }
    }
}
