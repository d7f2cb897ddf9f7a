//! A real Firecracker saved and gone on from, several times: where `PYRO_FIRECRACKER` names one, for where KVM only emulates
//! it takes half a minute.

use std::{
    fs::File,
    os::unix::fs::FileExt,
    path::Path,
    time::{Duration, Instant},
};

use pyro_mcp::{
    environment::Environments,
    host::{Dirs, sparse},
    link::{ExecStream, Link},
    redact::Redactor,
    vm::{Backend, Image, Machine, Saved, VmSpec, firecracker::Firecracker, kvm, offer},
};
use pyro_protocol::{
    exec::ExecRequest,
    frame::{Event, Stream},
};

/// A machine boots, a command runs: emulated on a busy host, that takes a while.
const WITHIN: Duration = Duration::from_secs(120);

/// What such a machine needs, or why there is none.
async fn needed() -> Result<(Firecracker, Image, std::path::PathBuf), String> {
    std::env::var_os("PYRO_FIRECRACKER").ok_or("PYRO_FIRECRACKER is not set")?;
    let found = offer::firecracker().await?;
    kvm::quick_look().or_else(|why| if nix::unistd::geteuid().is_root() { Ok(()) } else { Err(why) })?;
    let dirs = Dirs::from_env().map_err(|failure| failure.message)?;
    let boot = Environments::new(dirs).ensure("debian:12-base", None, None).await.map_err(|failure| failure.message)?;
    let image = Image { kernel: boot.kernel, initramfs: boot.initramfs, base: Some(boot.base) };
    Ok((found.backend(), image, boot.empty_disk))
}

async fn opened(machine: &dyn Machine) -> Link {
    let stream = tokio::time::timeout(WITHIN, machine.connect()).await.unwrap().unwrap();
    Link::open_guest(stream, WITHIN).await.unwrap()
}

async fn run(link: &Link, command: &str) -> String {
    let mut events: ExecStream =
        link.exec(&ExecRequest { command: command.into(), ..ExecRequest::default() }).await.unwrap();
    let mut said = Vec::new();
    while let Some(event) = tokio::time::timeout(WITHIN, events.next()).await.unwrap().unwrap() {
        if let Event::Output { stream: Stream::Stdout, bytes, .. } = event {
            said.extend_from_slice(&bytes);
        }
    }
    String::from_utf8(said).unwrap()
}

fn spec(dir: &Path, name: &str, image: &Image) -> VmSpec {
    std::fs::create_dir(dir).unwrap();
    VmSpec {
        name: name.into(),
        vcpu_count: 1,
        mem_mib: 256,
        image: Some(image.clone()),
        dir: dir.into(),
        durable: false,
        waits: false,
    }
}

#[tokio::test]
async fn a_saved_machine_goes_on_in_many() {
    let (firecracker, image, empty_disk) = match needed().await {
        Ok(needed) => needed,
        Err(why) => return println!("skipped: {why}"),
    };
    let (dir, redactor) = (tempfile::tempdir().unwrap(), Redactor::default());
    let first = spec(&dir.path().join("first"), "vm-aaaaaaaaaaaa", &image);
    sparse::copy(&empty_disk, &first.disk()).unwrap();
    let begun = Instant::now();
    let machine = firecracker.launch(&first, &redactor).await.unwrap();
    let link = opened(machine.as_ref()).await;
    println!("first answer after a boot: {:?}", begun.elapsed());
    run(&link, "echo kept >/workspace/file; echo in memory >/dev/shm/file").await;

    let create = |name| File::options().read(true).write(true).create_new(true).open(dir.path().join(name)).unwrap();
    let saved = Saved { memory: create("memory"), state: create("state") };
    let clones = ["second", "third"].map(|name| dir.path().join(name));
    let specs = clones
        .each_ref()
        .map(|dir| spec(dir, &format!("vm-{:a<12}", dir.file_name().unwrap().to_str().unwrap()), &image));
    let begun = Instant::now();
    let (source, copies) = (first.disk(), specs.each_ref().map(VmSpec::disk));
    let still = move || copies.iter().try_for_each(|copy| sparse::copy(&source, copy));
    let paused = machine.save(&saved, Box::new(still)).await.unwrap();
    println!("saved in {:?}, stood still for {paused:?}, two copies of its disk included", begun.elapsed());
    // Its guest has forgotten the link, and the host's end knows.
    tokio::time::timeout(WITHIN, link.closed()).await.unwrap();
    let begun = Instant::now();
    let link = opened(machine.as_ref()).await;
    println!("the saved machine answers again after {:?}", begun.elapsed());
    assert_eq!(run(&link, "cat /workspace/file /dev/shm/file").await, "kept\nin memory\n");
    run(&link, "echo changed | tee /workspace/file /dev/shm/file").await;

    let before = saved.memory.metadata().unwrap().modified().unwrap();
    for clone in &specs {
        let begun = Instant::now();
        let machine = firecracker.restore(clone, &saved, &redactor).await.unwrap();
        let restored = begun.elapsed();
        let link = opened(machine.as_ref()).await;
        println!("restored in {restored:?}, first answer after {:?}; it says:\n{}", begun.elapsed(), times(&clone.dir));
        let said =
            run(&link, "cat /workspace/file /dev/shm/file; echo mine | tee /workspace/file >/dev/shm/file").await;
        assert_eq!(said, "kept\nin memory\n", "each goes on from the same");
        machine.kill();
        machine.ended().await;
    }
    let spoiled = Saved { memory: saved.memory.try_clone().unwrap(), state: create("spoiled") };
    spoiled.state.write_all_at(&[7; 4096], 0).unwrap();
    let failure = firecracker.restore(&specs[0], &spoiled, &redactor).await.err().unwrap();
    assert!(failure.message.starts_with("Firecracker refused /snapshot/load: "), "{failure}");
    assert!(!clones[0].join("firecracker").exists(), "a machine that cannot be had leaves nothing");
    assert_eq!(saved.memory.metadata().unwrap().modified().unwrap(), before, "nobody wrote to the saved memory");
    println!("the saved machine says:\n{}", times(&first.dir));
    machine.kill();
    machine.ended().await;
}

/// The lines of Firecracker's log with times in them.
fn times(dir: &Path) -> String {
    let log = std::fs::read_to_string(dir.join("firecracker.log")).unwrap();
    log.lines().filter(|line| line.contains(" took ")).collect::<Vec<_>>().join("\n")
}
