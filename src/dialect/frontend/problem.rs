//! What there is to say of a text for firewalld or ufw.

/// A program that writes rules itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Frontend {
    /// firewalld.
    Firewalld,
    /// ufw.
    Ufw,
}

/// Something in a text for a program that writes rules itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// What it comes to is in the rules that the program has loaded, and nowhere else.
    NotEvaluated(Frontend),
    /// A condition on ports names no protocol.
    NoProtocol(Frontend),
    /// A range of ports is written in another way than the program's.
    Range {
        /// Whose.
        frontend: Frontend,
        /// How it is written.
        found: String,
    },
}
