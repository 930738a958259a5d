//! What the process tells its parent.

use std::process::ExitCode;

/// How a run ended. The numbers are an interface: scripts and pipelines branch on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Exit {
    /// 0: all well.
    Well = 0,
    /// 1: the work was done, and there is something to find fault with: findings at or above the level
    /// asked for, or a flow that was seen blocked.
    Findings = 1,
    /// 2: bad usage, input that cannot be used, or output that cannot be written. Nothing can be
    /// concluded.
    Unusable = 2,
    /// 3: the work was done, but what it saw allows no conclusion.
    Inconclusive = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
