//! Builds real environments into `$XDG_CACHE_HOME`; minutes long, so only by hand:
//! `XDG_CACHE_HOME=/tmp/cache PYRO_TRY=debian:12 cargo test --lib environment::tests -- --ignored --nocapture`.

use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use super::*;

fn printing() -> ProgressSink {
    let start = Instant::now();
    let last = Mutex::new(String::new());
    Arc::new(move |progress| {
        let line = format!("{:3.0}% {}", progress.fraction.unwrap_or(f64::NAN) * 100.0, progress.step);
        let mut last = last.lock().unwrap();
        if *last != line {
            println!("{:6.1} s {line}", start.elapsed().as_secs_f64());
            *last = line;
        }
    })
}

fn tried() -> String {
    std::env::var("PYRO_TRY").unwrap_or_else(|_| "debian:12-base".to_owned())
}

#[tokio::test]
#[ignore = "builds for minutes and needs Debian's mirror"]
async fn builds() {
    let environments = Environments::new(Dirs::from_env().unwrap());
    let start = Instant::now();
    println!("{:#?}", environments.ensure(&tried(), None, Some(&printing())).await);
    println!("ensure {:?}", start.elapsed());
    let start = Instant::now();
    let again = environments.ensure(&tried(), None, Some(&printing())).await;
    println!("again {:?} {}", start.elapsed(), again.is_ok());
}

#[tokio::test]
#[ignore = "builds for minutes and needs Debian's mirror"]
async fn pulls() {
    let environments = Environments::new(Dirs::from_env().unwrap());
    println!("{:#?}", environments.pull(&tried(), Some(&printing())).await);
}

#[tokio::test]
#[ignore = "acts on the cache of the environment"]
async fn shows_and_prunes() {
    let environments = Environments::new(Dirs::from_env().unwrap());
    println!("{}", serde_json::to_string_pretty(&environments.list().unwrap()).unwrap());
    println!("{}", serde_json::to_string_pretty(&environments.inspect(&tried()).await.unwrap()).unwrap());
    println!("{:#?}", environments.prune(&std::collections::BTreeSet::new(), false).await);
}
