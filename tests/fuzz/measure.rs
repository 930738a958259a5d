//! How much memory something asks for.

use std::alloc::System;
use std::sync::Mutex;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The allocator counts for all threads: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// How many bytes `work` allocates in all, which bounds both what it holds at once and how much it copies.
pub(crate) fn allocated(work: impl FnOnce()) -> usize {
    let _guard = ALONE.lock();
    let region = Region::new(ALLOCATOR);
    work();
    let change = region.change();
    change.bytes_allocated + usize::try_from(change.bytes_reallocated).unwrap_or(0)
}
