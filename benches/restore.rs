//! try-out
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on has failed")]
use std::{path::Path, time::{Duration, Instant}};
use pyro_mcp::{
    environment::Environments,
    host::{self, Dirs, sparse, tsc},
    ids::VmId,
    link::Link,
    redact::Redactor,
    vm::{Backend, Image, Machine, Saved, VmSpec, offer, qemu::{Qemu, args::Accel}},
};
use pyro_protocol::{exec::ExecRequest, frame::Event};

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(go());
}
async fn say(link: &Link, command: &str) -> String {
    let request: ExecRequest = serde_json::from_value(serde_json::json!({"command": command, "timeout_ms": 60000})).unwrap();
    let mut events = link.exec(&request).await.unwrap();
    let mut out = String::new();
    loop { match events.next().await.unwrap() { Some(Event::Ended(_)) | None => return out, Some(Event::Output{bytes,..}) => out += &String::from_utf8_lossy(&bytes), _ => {} } }
}
async fn wake(link: &Link, name: &str) {
    use base64::Engine;
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).unwrap();
    link.wake(&pyro_protocol::control::Wake { entropy: base64::engine::general_purpose::STANDARD.encode(entropy),
        clock_unix_ns: std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64, hostname: name.into() }).await.unwrap();
}
async fn go() {
    let dirs = Dirs::from_env().unwrap();
    let mem: u32 = std::env::var("MEM").map_or(256, |m| m.parse().unwrap());
    let boot = Environments::new(dirs.clone()).ensure("debian:12", None, None).await.unwrap();
    let image = Image { kernel: boot.kernel.clone(), initramfs: boot.initramfs.clone(), base: Some(boot.base.clone()) };
    let qemu = Qemu { binary: offer::qemu().unwrap(), accel: Accel::Tcg { tsc_khz: tsc::khz(&dirs.cache, &host::boot_id()) } };
    let spec = |dir: &Path, waits| VmSpec { name: VmId::random().unwrap().to_string(), vcpu_count: 1, mem_mib: mem, image: Some(image.clone()), dir: dir.to_owned(), durable: false, waits };
    for waits in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let first = spec(dir.path(), waits);
        sparse::copy(&boot.empty_disk, &first.disk()).unwrap();
        let t = Instant::now();
        let machine = qemu.launch(&first, &Redactor::default()).await.unwrap();
        if waits {
            use tokio::io::AsyncReadExt;
            let mut stream = machine.connect().await.unwrap();
            let mut mark = [0; 8];
            stream.read_exact(&mut mark).await.unwrap();
            assert_eq!(&mark, pyro_protocol::preamble::WAITING);
        } else {
            let link = Link::open_guest(machine.connect().await.unwrap(), Duration::from_secs(60)).await.unwrap();
            println!("{}", say(&link, "nohup sh -c 'i=0; while sleep 0.2; do i=$((i+1)); echo $i > /run/count; done' >/dev/null 2>&1 & git --version; ls -l /etc/machine-id").await);
            link.close();
        }
        println!("waits={waits} boot {:?}", t.elapsed());
        let saved = Saved::empty().unwrap();
        let copy = dir.path().join("saved.ext4");
        let (from, to) = (first.disk(), copy.clone());
        let t = Instant::now();
        let pause = machine.save(&saved, Box::new(move || sparse::copy(&from, &to))).await.unwrap();
        println!("saved in {:?}, pause {pause:?}", t.elapsed());
        let saved = saved.seal().unwrap();
        use std::os::unix::fs::MetadataExt;
        println!("memory {} MB, state {} KB", saved.memory.metadata().unwrap().blocks() / 2048, saved.state.metadata().unwrap().len() / 1024);
        if !waits {
            let link = Link::open_guest(machine.connect().await.unwrap(), Duration::from_secs(60)).await.unwrap();
            println!("source goes on: {}", say(&link, "cat /run/count; sleep 0.5; cat /run/count").await.replace('\n', " "));
        }
        machine.kill();
        machine.ended().await;
        for n in 0..6 {
            let dir = tempfile::tempdir().unwrap();
            let clone = spec(dir.path(), false);
            let t = Instant::now();
            sparse::copy(&if waits { boot.empty_disk.clone() } else { copy.clone() }, &clone.disk()).unwrap();
            let copied = t.elapsed();
            let machine = qemu.restore(&clone, &saved, &Redactor::default()).await.unwrap();
            let restored = t.elapsed();
            let link = Link::open_guest(machine.connect().await.unwrap(), Duration::from_secs(60)).await.unwrap();
            let opened = t.elapsed();
            wake(&link, &format!("clone{n}")).await;
            let answered = t.elapsed();
            say(&link, "true").await;
            println!("copied {copied:?} restored {restored:?} opened {opened:?} woken {answered:?} true {:?}; {}", t.elapsed(), say(&link, "cat /run/count; hostname; date +%T; cat /proc/sys/kernel/random/boot_id /etc/machine-id; echo x >/workspace/x; head -c 4 /dev/urandom | od -An -tx1").await.replace('\n', " "));
            machine.kill();
            machine.ended().await;
        }
    }
}
