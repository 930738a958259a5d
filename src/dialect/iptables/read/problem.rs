//! What is not understood in a text for iptables or ipset.

/// Something in a text for iptables or ipset that is not understood, or that the programs would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A line that belongs to no form of a rule set.
    Line(String),
    /// A quote that is not closed.
    Quote,
    /// A table that iptables does not have.
    Table(String),
    /// A table that the text fills twice: the later lines replace the earlier ones.
    TableAgain(String),
    /// A table whose lines do not end in `COMMIT`, so that `iptables-restore` leaves it as it was.
    NoCommit(String),
    /// A chain that does not exist in its table.
    Chain(String),
    /// A policy that is neither `ACCEPT` nor `DROP`.
    Policy(String),
    /// A command that names a rule which its chain does not have.
    NoSuchRule(String),
    /// A rule without the name of the chain that it belongs to.
    NoChain,
    /// An option that neither iptables nor a match or target of its rule has.
    Option(String),
    /// A word that belongs to no option.
    Stray(String),
    /// An option whose argument is missing.
    MissingArgument(String),
    /// An argument that its option does not take.
    Argument {
        /// The option.
        option: String,
        /// Its argument.
        found: String,
        /// What it takes.
        expected: Expected,
    },
    /// Ports in a rule that names no protocol: `-m tcp` does not stand for `-p tcp`, and the kernel refuses the rule.
    PortsWithoutProtocol,
    /// A match that is not part of iptables.
    Match(String),
    /// A target that is neither part of iptables nor a chain of its table.
    Target(String),
    /// A name where an address is meant: what it stands for is known only where the rule is loaded.
    HostName(String),
    /// A name where a port is meant, of a service that is not known here.
    Service(String),
    /// A set of which no contents are at hand.
    Set(String),
    /// A set whose type or elements are not modelled, or of which there is too much.
    SetContents(String),
    /// A line of an ipset file that is not understood.
    SetLine(String),
    /// A variable of a script whose value is not known.
    Variable(String),
    /// A part of a script whose value only a shell can tell: a command substitution, an arithmetic expression.
    Substitution(String),
    /// Commands that run only under a condition: `if`, `case`, `while`.
    Condition(String),
    /// A script that does different things by what it is called with.
    Started,
    /// A file that a script loads and that is not part of the text.
    File(String),
    /// A loop, or a value, that grows beyond what is read.
    TooLong,
    /// Changes in the midst of a chain that are too many to be carried out.
    TooManyChanges,
}

/// What an argument has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// An address, a network, or a list of those, of the family of the table.
    Address,
    /// A range of addresses of the family of the table.
    AddressRange,
    /// A protocol's name or number.
    Protocol,
    /// A port or a range of ports in ascending order.
    Ports,
    /// Names of TCP flags.
    TcpFlags,
    /// An ICMP type of the family of the table.
    IcmpType,
    /// Names of connection states.
    States,
    /// Names of what may have happened to a connection.
    CtStatuses,
    /// `ORIGINAL` or `REPLY`.
    Direction,
    /// A number, with a mask or without.
    Mark,
    /// `src` and `dst`, for each dimension of the set.
    SetDirections,
    /// An address to translate to, with a port or without.
    Translation,
    /// The number of a rule.
    RuleNumber,
}
