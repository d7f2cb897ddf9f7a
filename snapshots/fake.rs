//! A machine in memory for the tests above it: the real guest agent in a temporary directory, over a pipe.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use pyro_guest::{Agent, Login, Place};
use pyro_mcp::{
    Failure,
    link::ByteStream,
    redact::Redactor,
    vm::{Backend, ByteFuture, Death, ExecutionMode, Machine, VmSpec, death::Cause},
};
use tokio::sync::{Notify, watch};

/// Makes such machines and remembers the last one, so that a test can be cruel to it.
#[derive(Default)]
pub(crate) struct Fake {
    last: Mutex<Option<FakeMachine>>,
    /// No machine is launched while this is set.
    held: watch::Sender<bool>,
    /// One that waits for it.
    waiting: Notify,
    launched: Mutex<u32>,
    /// Why the next launch fails.
    failing: Mutex<Option<String>>,
}

#[derive(Clone)]
pub(crate) struct FakeMachine {
    agent: Arc<Agent>,
    ended: watch::Sender<Option<Death>>,
    dying: watch::Sender<bool>,
    /// Raised to break the current link.
    cut: watch::Sender<u32>,
    /// No new link comes about while this is set.
    deaf: watch::Sender<bool>,
}

impl Fake {
    pub(crate) fn last(&self) -> FakeMachine {
        self.last.lock().unwrap().clone().unwrap()
    }

    /// Machines launched so far.
    pub(crate) fn count(&self) -> u32 {
        *self.launched.lock().unwrap()
    }

    /// Makes the next launch fail.
    pub(crate) fn fail_next(&self, why: &str) {
        *self.failing.lock().unwrap() = Some(why.to_owned());
    }

    /// Makes launches wait, or go on.
    pub(crate) fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// Resolves when a launch waits.
    pub(crate) async fn waits(&self) {
        self.waiting.notified().await;
    }
}

impl FakeMachine {
    /// As a VMM that dies under its guest: the link goes first, and every process with the machine.
    pub(crate) fn die(&self, death: Death) {
        if self.dying.send_replace(true) {
            return;
        }
        let machine = self.clone();
        tokio::spawn(async move {
            machine.agent.stop(Duration::ZERO).await;
            machine.ended.send_replace(Some(death));
        });
    }

    /// Breaks the link and lets none come about, or lets it again.
    pub(crate) fn deafen(&self, deaf: bool) {
        self.deaf.send_replace(deaf);
        if deaf {
            self.cut();
        }
    }

    /// Breaks the link, not the machine.
    pub(crate) fn cut(&self) {
        self.cut.send_modify(|cut| *cut += 1);
    }
}

impl Backend for Fake {
    fn mode(&self) -> ExecutionMode {
        ExecutionMode::HostCompat
    }

    fn launch<'a>(
        &'a self,
        spec: &'a VmSpec,
        _redactor: &'a Redactor,
    ) -> ByteFuture<'a, Result<Box<dyn Machine>, Failure>> {
        Box::pin(async move {
            if *self.held.borrow() {
                self.waiting.notify_one();
            }
            self.held.subscribe().wait_for(|held| !held).await.unwrap();
            if let Some(why) = self.failing.lock().unwrap().take() {
                return Err(Failure::unavailable(why));
            }
            *self.launched.lock().unwrap() += 1;
            // Where a workspace's tree lies on the host without a machine of its own.
            std::fs::create_dir_all(spec.dir.join("workspace")).unwrap();
            let login = Login::given(BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]));
            let agent = Agent::new(&spec.dir, "/workspace", Place::Host, login).unwrap();
            let (ended, dying, cut) = (watch::Sender::new(None), watch::Sender::new(false), watch::Sender::new(0));
            let machine = FakeMachine { agent, ended, dying, cut, deaf: watch::Sender::new(false) };
            *self.last.lock().unwrap() = Some(machine.clone());
            Ok(Box::new(machine) as Box<dyn Machine>)
        })
    }
}

impl Machine for FakeMachine {
    fn connect(&self) -> ByteFuture<'_, io::Result<ByteStream>> {
        Box::pin(async move {
            self.deaf.subscribe().wait_for(|deaf| !deaf).await.unwrap();
            let (host, guest) = tokio::io::duplex(64 * 1024);
            if *self.dying.borrow() {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            let (agent, mut cut, mut dying) = (self.agent.clone(), self.cut.subscribe(), self.dying.subscribe());
            cut.mark_unchanged();
            tokio::spawn(async move {
                tokio::select! {
                    _ = pyro_guest::serve_sessions(guest, agent.clone()) => {}
                    _ = cut.changed() => {}
                    _ = dying.wait_for(|dying| *dying) => {}
                }
            });
            // The agent's own end is the machine's, as when PID 1 powers off.
            let machine = self.clone();
            tokio::spawn(async move {
                let grace = machine.agent.ending().await;
                machine.agent.stop(grace).await;
                machine.die(Death::new(Cause::PoweredOff, "the guest powered off"));
            });
            Ok(Box::new(host) as ByteStream)
        })
    }

    fn ended(&self) -> ByteFuture<'_, Death> {
        let mut ended = self.ended.subscribe();
        Box::pin(async move { ended.wait_for(Option::is_some).await.unwrap().clone().unwrap() })
    }

    fn kill(&self) {
        self.die(Death::new(Cause::VmmKilled, "the VMM was killed by SIGKILL (9)"));
    }
}
