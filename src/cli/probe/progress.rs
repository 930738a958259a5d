//! What a probe is at, for whoever watches.

use std::net::SocketAddr;
use std::time::Duration;

use indicatif::ProgressBar;

use crate::audit::Session;
use crate::cli::Console;
use crate::lang::{self, Lang};
use crate::probe::{Step, Watch};

/// How often the line moves.
const TICK: Duration = Duration::from_millis(100);

/// A line on standard error, if somebody watches it.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    lang: Lang,
}

impl Progress {
    pub(super) fn new(console: &Console) -> Self {
        let bar = console.is_watched().then(ProgressBar::new_spinner);
        if let Some(bar) = &bar {
            bar.enable_steady_tick(TICK);
        }
        Self { bar, lang: console.lang() }
    }

    /// Takes the line away again.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Watch for Progress {
    fn begins(&self, server: SocketAddr, session: Session, step: Step) {
        if let Some(bar) = &self.bar {
            bar.set_message(lang::probe::step(server, session, step, self.lang));
        }
    }

    fn waits_for_sweep(&self) {
        if let Some(bar) = &self.bar {
            bar.set_message(lang::probe::sweeping(self.lang));
        }
    }
}
