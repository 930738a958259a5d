//! What the reader does not understand of a text for pf.

/// Something in a text for pf that is not understood, or that `pfctl` would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// No statement starts with this word.
    UnknownStatement {
        /// The word.
        word: String,
    },
    /// Something else has to come here.
    Unexpected {
        /// What was found; `None` at the end of the statement.
        found: Option<String>,
        /// What was expected.
        expected: Expected,
    },
    /// A macro is used that was not defined before.
    UndefinedMacro {
        /// Its name.
        name: String,
    },
    /// A quote or brace that is not closed.
    Unclosed {
        /// The quote or brace.
        sign: char,
    },
    /// A brace that closes no anchor.
    Unopened,
    /// A name out of a list that everybody knows, such as that of a service, is not in it.
    UnknownName {
        /// What it is a name of.
        of: Expected,
        /// The name.
        name: String,
    },
    /// A range whose end comes before its start.
    ReversedRange,
    /// Flags that have to be set and are not looked at, so that no packet matches.
    FlagsNeverSet,
    /// Ports without a protocol that has them.
    PortsWithoutProtocol,
    /// A translation rule of its own, which OpenBSD has not had since 4.7.
    TranslationRule {
        /// The word that it starts with.
        word: String,
    },
    /// A file that cannot be had.
    MissingFile {
        /// Its path.
        path: String,
    },
    /// A file that includes itself.
    CircularFile {
        /// Its path.
        path: String,
    },
    /// More files than are read, or files nested too deeply in each other.
    TooManyFiles,
    /// Braces, parentheses or anchors that nest too deeply.
    TooDeep,
    /// Macros that expand to more than is read.
    TooMuchExpansion,
    /// Rules that refer to tables of more addresses than are read.
    TooManyAddresses,
}

/// What a statement has to go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// This word or sign.
    Word(&'static str),
    /// The end of the statement.
    End,
    /// An interface or a group of interfaces.
    Interface,
    /// An address, a network, a table, the name of an interface or host.
    Address,
    /// The length of a prefix.
    PrefixLength,
    /// A port, or the name of a service.
    Port,
    /// A protocol above IP.
    Protocol,
    /// A type of ICMP or ICMPv6.
    IcmpType,
    /// The code of such a type.
    IcmpCode,
    /// TCP flags, such as `S/SA`.
    Flags,
    /// The name of a table.
    Table,
    /// The name of an anchor.
    Anchor,
    /// The path of a file.
    Path,
    /// A number up to a limit.
    Number {
        /// The limit.
        limit: u64,
    },
    /// Any word.
    Text,
    /// A part of a filter rule.
    RulePart,
    /// An option of `set`.
    Setting,
    /// The value of a macro.
    MacroValue,
}
