//! What follows from what a probe saw: a verdict on every flow, and what lies behind it.

use std::net::SocketAddr;
use std::time::Duration;

use super::observation::{IcmpError, Method};
use crate::audit::Session;
use crate::flow::FlowId;
use crate::packet::Family;

/// Everything that a probe concludes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conclusions {
    /// The verdict on each flow, per family and kind of session: IPv4 first, plain first, in the order of the flows.
    pub flows: Vec<FlowVerdict>,
    /// What explains the verdicts, the causes of others first.
    pub conclusions: Vec<Conclusion>,
}

/// The verdict on one flow in one family and kind of session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowVerdict {
    /// The flow.
    pub flow: FlowId,
    /// The family.
    pub family: Family,
    /// The kind of session.
    pub session: Session,
    /// Whether its packets pass.
    pub verdict: Verdict,
    /// What the verdict rests on.
    pub evidence: Option<Evidence>,
}

/// Whether the packets of a flow pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// They do.
    Pass,
    /// They do not, and how they are turned away, if that can be told. An opening flow that nothing answers counts as
    /// blocked, and the flow that answers it as inconclusive: one end cannot tell which of the two was lost.
    Blocked(Option<Cause>),
    /// What was seen has more than one explanation.
    Inconclusive,
    /// It was not tried.
    Skipped,
}

impl Verdict {
    /// The name in machine-readable output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Blocked(_) => "blocked",
            Self::Inconclusive => "inconclusive",
            Self::Skipped => "skipped",
        }
    }
}

/// How packets are turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Silently.
    Dropped,
    /// With an ICMP message.
    Rejected,
    /// With a TCP reset, by a firewall or because nobody listens; or by the server's own refusal of an address that a
    /// translation has made wrong.
    Refused,
}

impl Cause {
    /// The name in machine-readable output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Rejected => "rejected",
            Self::Refused => "refused",
        }
    }
}

/// What a verdict or a conclusion rests on: the one step that shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The system's error number.
    pub errno: Option<i32>,
    /// The ICMP message that it came of, where the system tells.
    pub icmp: Option<IcmpError>,
    /// How long the step took.
    pub took: Option<Duration>,
    /// The probe's own end.
    pub local: Option<SocketAddr>,
    /// The other end.
    pub peer: Option<SocketAddr>,
    /// The command.
    pub command: Option<String>,
    /// The raw lines of the reply. Hostile: to be escaped before it is printed.
    pub reply: Vec<String>,
}

/// Something that explains what a probe saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    /// What.
    pub kind: Kind,
    /// The family that it was seen in; `None` concerns both.
    pub family: Option<Family>,
    /// The kind of session that it was seen in; `None` concerns both.
    pub session: Option<Session>,
    /// The command that showed it.
    pub method: Option<Method>,
    /// The flows that it stops.
    pub flows: Vec<FlowId>,
    /// The server's data ports that it is about, in ascending order.
    pub ports: Vec<u16>,
    /// What it rests on.
    pub evidence: Evidence,
}

/// How grave a conclusion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gravity {
    /// Something does not work, or is dangerous.
    Fault,
    /// Some clients will have trouble.
    Warning,
    /// Good to know.
    Note,
}

/// What may be concluded. The names are those of the machine-readable output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// This machine itself turns the connection away: no packet left.
    OwnEgressBlocked,
    /// The SYN to the control port gets no answer.
    ControlFiltered,
    /// An ICMP message answers the SYN to the control port.
    ControlRejected,
    /// A reset answers the SYN to the control port: no server, or a firewall.
    ControlRefused,
    /// The control connection opens and stays silent.
    NoGreeting,
    /// What answers is no FTP server, or something on the path spoils the replies.
    NotFtp,
    /// The server turns clients away: 421, or 530 before a login.
    ServerFull,
    /// The server does not speak TLS as declared.
    TlsUnavailable,
    /// The server's certificate is not believed.
    CertificateRejected,
    /// The server demands TLS for what was tried without.
    TlsRequired,
    /// User or password were refused.
    LoginFailed,
    /// The control connection ends or hangs before anything was transferred.
    ControlLost,
    /// The SYN to a passive port gets no answer.
    RangeFiltered,
    /// Only some ports of the range can be reached.
    RangePartlyFiltered,
    /// Passive data connections work where a helper can read the session, and not under TLS.
    HelperOnly,
    /// A helper expects the data connection, and only packets in state NEW are accepted.
    NewOnlyWithHelper,
    /// An ICMP message answers the SYN to a passive port.
    RangeRejectedAdmin,
    /// A reset answers the SYN to a port that the server has just offered.
    RejectOrDead,
    /// ICMP errors are rate-limited, so that silence says nothing.
    RejectRateLimited,
    /// The reply to `PASV` names an address that clients cannot use.
    BadAdvertisedAddr,
    /// Some offered ports are outside the declared range.
    RangeOverflow,
    /// All offered ports are outside the declared range.
    ConfigMismatch,
    /// Something on the path rewrites the ports of plain replies.
    NatRewrite,
    /// The server does not do passive mode.
    PassiveDisabled,
    /// The server's data connection does not arrive.
    ActiveBlocked,
    /// The server does not do active mode.
    PortDisabled,
    /// The address in `PORT` is not the one that the server sees, and nothing on the path mends that.
    NatNoAlg,
    /// The data connection comes from another address than the control connection's.
    DataPeerMismatch,
    /// The active data connection comes from a port that is not declared.
    ActiveSourceMismatch,
    /// The control connection ends or hangs right after a command that names a port.
    AlgInterference,
    /// The server wants data connections to resume the TLS session of the control connection.
    TlsReuseRequired,
    /// TLS fails on the data connection for another reason.
    DataTlsFailed,
    /// What works in IPv4 does not in IPv6, or the reverse.
    FamilyGap,
    /// Sessions fail or leave the range when many ask at once.
    RangeTooSmall,
    /// The server refuses `PORT` to third parties and privileged ports.
    BounceSafe,
    /// The server takes `PORT` to third parties or privileged ports.
    BounceRisk,
    /// The server obeys `PASV` after `EPSV ALL`.
    EpsvAllIgnored,
    /// The transfer failed for a reason that has nothing to do with firewalls.
    TransferFailed,
}

impl Kind {
    /// Every kind, causes before what they cause.
    pub const ALL: [Self; 38] = [
        Self::OwnEgressBlocked,
        Self::ControlFiltered,
        Self::ControlRejected,
        Self::ControlRefused,
        Self::NoGreeting,
        Self::NotFtp,
        Self::ServerFull,
        Self::TlsUnavailable,
        Self::CertificateRejected,
        Self::TlsRequired,
        Self::LoginFailed,
        Self::ControlLost,
        Self::RangeFiltered,
        Self::RangePartlyFiltered,
        Self::HelperOnly,
        Self::NewOnlyWithHelper,
        Self::RangeRejectedAdmin,
        Self::RejectOrDead,
        Self::RejectRateLimited,
        Self::BadAdvertisedAddr,
        Self::RangeOverflow,
        Self::ConfigMismatch,
        Self::NatRewrite,
        Self::PassiveDisabled,
        Self::ActiveBlocked,
        Self::PortDisabled,
        Self::NatNoAlg,
        Self::DataPeerMismatch,
        Self::ActiveSourceMismatch,
        Self::AlgInterference,
        Self::TlsReuseRequired,
        Self::DataTlsFailed,
        Self::FamilyGap,
        Self::RangeTooSmall,
        Self::BounceSafe,
        Self::BounceRisk,
        Self::EpsvAllIgnored,
        Self::TransferFailed,
    ];

    /// The name in machine-readable output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::OwnEgressBlocked => "OWN_EGRESS_BLOCKED",
            Self::ControlFiltered => "CONTROL_FILTERED",
            Self::ControlRejected => "CONTROL_REJECTED",
            Self::ControlRefused => "CONTROL_REFUSED",
            Self::NoGreeting => "NO_GREETING",
            Self::NotFtp => "NOT_FTP",
            Self::ServerFull => "SERVER_FULL",
            Self::TlsUnavailable => "TLS_UNAVAILABLE",
            Self::CertificateRejected => "CERTIFICATE_REJECTED",
            Self::TlsRequired => "TLS_REQUIRED",
            Self::LoginFailed => "LOGIN_FAILED",
            Self::ControlLost => "CONTROL_LOST",
            Self::RangeFiltered => "RANGE_FILTERED",
            Self::RangePartlyFiltered => "RANGE_PARTLY_FILTERED",
            Self::HelperOnly => "HELPER_ONLY",
            Self::NewOnlyWithHelper => "NEW_ONLY_WITH_HELPER",
            Self::RangeRejectedAdmin => "RANGE_REJECTED_ADMIN",
            Self::RejectOrDead => "REJECT_OR_DEAD",
            Self::RejectRateLimited => "REJECT_RATE_LIMITED",
            Self::BadAdvertisedAddr => "BAD_ADVERTISED_ADDR",
            Self::RangeOverflow => "RANGE_OVERFLOW",
            Self::ConfigMismatch => "CONFIG_MISMATCH",
            Self::NatRewrite => "NAT_REWRITE",
            Self::PassiveDisabled => "PASSIVE_DISABLED",
            Self::ActiveBlocked => "ACTIVE_BLOCKED",
            Self::PortDisabled => "PORT_DISABLED",
            Self::NatNoAlg => "NAT_NO_ALG",
            Self::DataPeerMismatch => "DATA_PEER_MISMATCH",
            Self::ActiveSourceMismatch => "ACTIVE_SOURCE_MISMATCH",
            Self::AlgInterference => "ALG_INTERFERENCE",
            Self::TlsReuseRequired => "TLS_REUSE_REQUIRED",
            Self::DataTlsFailed => "DATA_TLS_FAILED",
            Self::FamilyGap => "FAMILY_GAP",
            Self::RangeTooSmall => "RANGE_TOO_SMALL",
            Self::BounceSafe => "BOUNCE_SAFE",
            Self::BounceRisk => "BOUNCE_RISK",
            Self::EpsvAllIgnored => "EPSV_ALL_IGNORED",
            Self::TransferFailed => "TRANSFER_FAILED",
        }
    }

    /// How grave it is.
    #[must_use]
    pub fn gravity(self) -> Gravity {
        match self {
            Self::BounceSafe => Gravity::Note,
            Self::RejectRateLimited
            | Self::BadAdvertisedAddr
            | Self::NatRewrite
            | Self::ActiveSourceMismatch
            | Self::FamilyGap
            | Self::EpsvAllIgnored
            | Self::RangeTooSmall
            | Self::TransferFailed
            | Self::TlsRequired
            | Self::ServerFull => Gravity::Warning,
            _ => Gravity::Fault,
        }
    }
}
