//! A request to end early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tells the threads of a probe or of a responder to end. Whoever waits looks at it several times a second.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks all holders of a clone to end.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether that was asked.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
