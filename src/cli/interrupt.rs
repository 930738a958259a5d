//! Ctrl-C: the first asks whatever runs to end in order, the second ends the process.

use std::sync::OnceLock;

use crate::probe::Stop;

/// What a shell reports of a process that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// What Ctrl-C requests from now on, the same for the whole process.
pub(super) fn stop() -> Stop {
    static STOP: OnceLock<Stop> = OnceLock::new();
    STOP.get_or_init(|| {
        let stop = Stop::default();
        let requested = stop.clone();
        // Without a handler Ctrl-C ends the process at once, which is the next best thing.
        let _ = ctrlc::set_handler(move || {
            if requested.is_requested() {
                #[expect(clippy::exit, reason = "a second Ctrl-C")]
                std::process::exit(INTERRUPTED);
            }
            requested.request();
        });
        stop
    })
    .clone()
}
