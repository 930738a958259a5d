//! What is not understood in a text about sysctls or modules.

/// Something in a text about sysctls or modules that is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A line of `sysctl.conf` that sets nothing.
    Sysctl(String),
    /// A line of a modprobe or module file that is no command of it and no module.
    Modprobe(String),
}
