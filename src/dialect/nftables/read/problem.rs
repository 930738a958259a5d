//! What the reader does not understand.

/// What is not understood of a text for nft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Something else is expected here.
    Unexpected {
        /// What stands here; empty for the end of the text.
        found: String,
        /// What is expected.
        expected: Expected,
    },
    /// A quotation mark that nothing closes.
    OpenQuote,
    /// A part of a rule that nft does not have, or not yet. It is taken for a condition that may hold or not.
    UnknownStatement {
        /// The text.
        text: String,
    },
    /// A value that its field does not have. The comparison is taken for one that may hold or not.
    UnknownValue {
        /// The field, in nft's words.
        field: String,
        /// The value.
        value: String,
    },
    /// A statement that is understood but has no exact meaning here.
    NotModelled {
        /// The statement.
        text: String,
    },
    /// A rule that iptables-nft made, of which nft shows only the name of the extension.
    Compat {
        /// The statement.
        text: String,
    },
    /// A table that iptables-nft manages.
    ManagedByIptables,
    /// A variable that is not defined.
    UnknownVariable {
        /// Its name, without the `$`.
        name: String,
    },
    /// A variable that is defined already.
    AlreadyDefined {
        /// Its name.
        name: String,
    },
    /// A table that does not exist.
    UnknownTable {
        /// Its name.
        name: String,
    },
    /// A chain that does not exist.
    UnknownChain {
        /// Its name.
        name: String,
    },
    /// A set or map that does not exist.
    UnknownSet {
        /// Its name.
        name: String,
    },
    /// A rule that the text does not hold.
    UnknownRule {
        /// The handle or index.
        place: String,
    },
    /// A file that is not there.
    NotIncluded {
        /// Its name or pattern.
        path: String,
    },
    /// Files that include each other too deeply, or too many of them.
    TooManyIncludes,
    /// Brackets or variables within each other, beyond all reason.
    NestedTooDeep,
    /// A text or set beyond what is worth reading.
    TooLarge,
    /// A table of a family that does not see the packets that are asked about.
    OtherFamily {
        /// The family.
        family: String,
    },
    /// A base chain at a hook that is not modelled.
    OtherHook {
        /// The hook.
        hook: String,
    },
    /// JSON that cannot be read.
    NotJson {
        /// The parser's words.
        message: String,
    },
}

/// What was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// This text.
    Text(&'static str),
    /// A command, or the start of a table.
    Command,
    /// A name.
    Name,
    /// A name of a family or table.
    Table,
    /// Something that can stand in a table.
    TablePart,
    /// Something that can stand in a set or another object.
    ObjectPart,
    /// A value.
    Value,
    /// A whole number.
    Number,
    /// A chain's type: filter, nat or route.
    ChainType,
    /// A hook.
    Hook,
    /// A priority: a number, or a name with an offset.
    Priority,
    /// accept or drop.
    Policy,
    /// The end of the statement.
    End,
    /// A JSON object with `nftables` in it.
    RulesetObject,
}
