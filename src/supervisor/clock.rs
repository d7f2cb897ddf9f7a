//! The guest's clock follows the host's where that jumps: set by somebody, or stood still while the host slept.

use std::{io, os::fd::AsFd, time::Duration};

use nix::sys::{
    time::TimeSpec,
    timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags},
};
use tokio::{net::unix::pipe, sync::watch};

use super::guest::{self, Guest};

/// A timer that is never due; the kernel cancels it when the clock is set or the host wakes up.
const NEVER: Duration = Duration::from_secs(u32::MAX as u64);

/// Wakes the guest anew after every jump, which sets its clock. Where the host has no such timers, guests keep the time
/// they have.
pub(super) async fn follow(guest: watch::Receiver<Guest>, name: String) -> io::Result<()> {
    let timer = TimerFd::new(ClockId::CLOCK_REALTIME, TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC)?;
    arm(&timer)?;
    // Like a pipe it becomes readable, and reads without waiting.
    let canceled = pipe::Receiver::from_owned_fd_unchecked(timer.as_fd().try_clone_to_owned()?)?;
    loop {
        canceled.readable().await?;
        match canceled.try_read(&mut [0; 8]) {
            // Ready by mistake.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            // That it was canceled is an error, too.
            _ => arm(&timer)?,
        }
        let now = guest.borrow().clone();
        if let Guest::Here(_, link) = now {
            // One that does not answer is woken when its link is opened anew.
            let _ = guest::wake(&link, &name, false).await;
        }
    }
}

fn arm(timer: &TimerFd) -> nix::Result<()> {
    let flags = TimerSetTimeFlags::TFD_TIMER_ABSTIME | TimerSetTimeFlags::TFD_TIMER_CANCEL_ON_SET;
    timer.set(Expiration::OneShot(TimeSpec::from_duration(NEVER)), flags)
}
