//! Progress, for whoever watches.

use std::net::SocketAddr;

use super::observation::Method;
use crate::audit::Session;

/// What a probe is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Opening a session.
    Enter,
    /// A transfer.
    Transfer(Method),
    /// The server's policy.
    Policy,
    /// Many sessions at once.
    Burst,
}

/// Is told what a probe begins to do, from any of its threads.
pub trait Watch: Sync {
    /// `step` begins in a session of this kind with `server`.
    fn begins(&self, server: SocketAddr, session: Session, step: Step);

    /// Nothing is left to do but the sweep.
    fn waits_for_sweep(&self) {}
}

/// Nobody watches.
impl Watch for () {
    fn begins(&self, _: SocketAddr, _: Session, _: Step) {}
}
