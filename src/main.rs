//! The `ftpfw` command.
fn main() {}
