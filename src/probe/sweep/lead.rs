//! The lead that a probe has before the sweep beside it begins.
//!
//! Where something rejects, few ICMP errors are sent in a second (icmp(7), `icmp_ratelimit`), and a sweep would use up
//! those that the connections of the probe need. So these go first; whichever of them nothing answers for a while, nothing
//! is likely to answer, and the sweep need not wait for their time-outs.

use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::probe::observation::{DataConnection, Dial, Observation};

/// What is known of a probe that may still be under way.
#[derive(Debug, Default)]
pub(super) struct Lead {
    /// The passive data connections that came to nothing, once the probe is done.
    failed: Mutex<Option<Vec<Dial>>>,
    done: Condvar,
}

impl Lead {
    /// The probe is done, and saw this.
    pub(super) fn end(&self, seen: &Observation) {
        *self.locked() = Some(failed(seen));
        self.done.notify_all();
    }

    /// Waits until the probe is done, or for as long as its lead is.
    pub(super) fn wait(&self, most: Duration) {
        let _ = self.done.wait_timeout_while(self.locked(), most, |failed| failed.is_none());
    }

    /// The attempt at `peer` that came to nothing, once the probe is done.
    pub(super) fn attempt(&self, peer: SocketAddr) -> Option<Dial> {
        self.locked().as_ref()?.iter().find(|dial| dial.peer == peer).cloned()
    }

    fn locked(&self) -> MutexGuard<'_, Option<Vec<Dial>>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed(seen: &Observation) -> Vec<Dial> {
    let transfers = seen.visits.iter().flat_map(|visit| &visit.transfers);
    let attempts = transfers.filter_map(|transfer| match &transfer.data {
        Some(DataConnection::Dialled { attempts, .. }) => Some(attempts),
        _ => None,
    });
    attempts.flatten().filter(|dial| dial.outcome.is_err()).cloned().collect()
}
