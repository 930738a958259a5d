//! The languages that rule sets are written in: one folder each.

/// The language of a rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// `iptables-restore` and `ip6tables-restore`.
    Iptables,
    /// `nft`.
    Nftables,
    /// `pfctl` of OpenBSD 5.9 and later.
    PfOpenbsd,
    /// `pfctl` of FreeBSD (and macOS), where translation has rules of its own.
    PfFreebsd,
}

impl Dialect {
    /// Every dialect, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Iptables, Self::Nftables, Self::PfOpenbsd, Self::PfFreebsd];

    /// How a deployment file spells it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Iptables => "iptables",
            Self::Nftables => "nftables",
            Self::PfOpenbsd => "pf-openbsd",
            Self::PfFreebsd => "pf-freebsd",
        }
    }

    /// Whether it is one of the two kinds of pf.
    #[must_use]
    pub fn is_pf(self) -> bool {
        matches!(self, Self::PfOpenbsd | Self::PfFreebsd)
    }
}

