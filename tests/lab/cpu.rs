//! Keeping a topology on one processor, so that packets overtake each other nowhere.
//!
//! A veth pair hands a packet over by queueing it on the backlog of the processor that sends it. The
//! backlog is first in, first out, but each processor has one of its own. With everything that sends
//! in a topology on a single processor, the order of sending is the order of arrival at every hop, and a
//! packet that has arrived proves that those sent before it have arrived or been dropped. That is
//! what lets [`crate::reach`] say that something does *not* arrive without waiting for it.

use std::sync::{Mutex, OnceLock};

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// The calling thread, as the scheduler's calls name it.
const THIS_THREAD: Pid = Pid::from_raw(0);

/// How many topologies live on each processor, by processor number.
static TENANTS: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// The processors that this process may use, as they were before the first thread was confined.
static ALLOWED: OnceLock<CpuSet> = OnceLock::new();

/// Confines the thread that made it, and every thread and process that this one starts, to one
/// processor. Dropping it sets the thread free again.
#[derive(Debug)]
pub(crate) struct Confinement {
    processor: usize,
}

impl Confinement {
    /// Moves the calling thread to the processor with the fewest topologies.
    ///
    /// # Panics
    ///
    /// When the scheduler refuses.
    pub(crate) fn new() -> Self {
        let allowed = ALLOWED.get_or_init(|| {
            sched_getaffinity(THIS_THREAD)
                .unwrap_or_else(|error| panic!("cannot read the CPU affinity: {error}"))
        });
        let mut tenants = TENANTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        tenants.resize(CpuSet::count(), 0);
        let processor = (0..CpuSet::count())
            .filter(|&processor| allowed.is_set(processor).unwrap_or(false))
            .min_by_key(|&processor| tenants[processor])
            .unwrap_or_else(|| panic!("this process may use no processor"));
        let mut only = CpuSet::new();
        only.set(processor)
            .and_then(|()| sched_setaffinity(THIS_THREAD, &only))
            .unwrap_or_else(|error| panic!("cannot move to processor {processor}: {error}"));
        tenants[processor] += 1;
        Self { processor }
    }
}

impl Drop for Confinement {
    fn drop(&mut self) {
        let mut tenants = TENANTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(count) = tenants.get_mut(self.processor) {
            *count = count.saturating_sub(1);
        }
        if let Some(allowed) = ALLOWED.get() {
            // A thread that ends now does not miss its freedom.
            let _ = sched_setaffinity(THIS_THREAD, allowed);
        }
    }
}
