//! Deployment files: what is accepted, what is refused, and what people are told about it.

mod bad;
mod command_line;
mod hostile;
mod load;
mod printed;
mod random;
mod schema;
mod valid;

/// Compares with a golden file under `snapshots/`.
#[macro_export]
macro_rules! assert_golden {
    ($name:expr, $text:expr) => {
        insta::with_settings!({
            snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!($name, $text);
        })
    };
}
