//! Problems with how the values of the service and its clients fit together.

use super::Severity;
use crate::deployment::{Software, Tls};
use crate::packet::{Family, PortRange};

/// Values of the service and its clients that do not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceProblem {
    /// Passive mode on offer, and no ports for it.
    PassiveWithoutRange,
    /// A setting of a mode that is not on offer.
    ModeNotOffered {
        /// `active` or `passive`.
        mode: &'static str,
    },
    /// Active mode from the port below port 1, which there is not.
    NoPortBelowControl,
    /// A passive range that holds the control port.
    RangeHoldsControlPort {
        /// The control port.
        port: u16,
        /// The passive range.
        range: PortRange,
    },
    /// A passive range that holds a port that active data connections come from.
    RangeHoldsSourcePort {
        /// That port.
        port: u16,
        /// The passive range.
        range: PortRange,
    },
    /// A passive range that starts below 1024.
    RangeBelow1024 {
        /// The passive range.
        range: PortRange,
    },
    /// A passive range that meets the ports that Linux hands out to outgoing connections.
    RangeEphemeral {
        /// The passive range.
        range: PortRange,
        /// What the two have in common.
        overlap: PortRange,
    },
    /// A passive range with more ports than the service needs.
    RangeWide {
        /// The passive range.
        range: PortRange,
        /// How many ports would do.
        enough: u32,
        /// The sessions that this was computed from, where they are declared.
        sessions: Option<u32>,
    },
    /// Clients that have no address of a family that the server has.
    NoCommonFamily {
        /// The family of the clients.
        clients: Family,
    },
    /// Some clients are of a family that the server has no address of.
    FamilyNotServed {
        /// That family.
        family: Family,
    },
    /// Implicit TLS on the port of plaintext and explicit TLS.
    ImplicitTlsOn21,
    /// Plaintext or explicit TLS on the port of implicit TLS.
    PlainOn990 {
        /// The kind of TLS declared.
        tls: Tls,
    },
    /// A server program that opens active data connections from an ephemeral port, with fixed ports declared.
    SourcePortIsEphemeral {
        /// The program.
        software: Software,
    },
}

impl ServiceProblem {
    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Self::PassiveWithoutRange
            | Self::NoPortBelowControl
            | Self::RangeHoldsControlPort { .. }
            | Self::RangeHoldsSourcePort { .. }
            | Self::NoCommonFamily { .. } => Severity::Error,
            // ProFTPD's port depends on its version and on RootRevoke, FileZilla Server's on nothing.
            Self::SourcePortIsEphemeral { software: Software::Proftpd } | Self::RangeWide { .. } => {
                Severity::Info
            }
            Self::ModeNotOffered { .. }
            | Self::RangeBelow1024 { .. }
            | Self::RangeEphemeral { .. }
            | Self::FamilyNotServed { .. }
            | Self::ImplicitTlsOn21
            | Self::PlainOn990 { .. }
            | Self::SourcePortIsEphemeral { .. } => Severity::Warning,
        }
    }

    /// The finding with which `audit` says the same, and more exactly.
    #[must_use]
    pub fn finding(&self) -> Option<&'static str> {
        match self {
            Self::RangeEphemeral { .. } => Some("FTP032"),
            // Or FTP007, where the server program is known to take it otherwise.
            Self::RangeBelow1024 { .. } => Some("FTP033"),
            Self::RangeWide { .. } => Some("FTP046"),
            _ => None,
        }
    }
}
