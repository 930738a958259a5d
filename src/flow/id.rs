//! The eight flows by name.

use std::fmt;

/// One of the eight flows of FTP: four of active mode, four of passive mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowId {
    /// Active: the client opens the control connection.
    A1,
    /// Active: the server answers on the control connection.
    A2,
    /// Active: the server opens the data connection.
    A3,
    /// Active: the client answers on the data connection.
    A4,
    /// Passive: the client opens the control connection.
    P1,
    /// Passive: the server answers on the control connection.
    P2,
    /// Passive: the client opens the data connection.
    P3,
    /// Passive: the server answers on the data connection.
    P4,
}

/// Who opens the data connection (RFC 959 §3.3, RFC 1579).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// The server does, to the address and port that the client's `PORT` or `EPRT` named.
    Active,
    /// The client does, to the port that the server's reply to `PASV` or `EPSV` named.
    Passive,
}

/// Which of the two connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Commands and replies.
    Control,
    /// Listings and files.
    Data,
}

/// An end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// The FTP client.
    Client,
    /// The FTP server.
    Server,
}

impl End {
    /// The end that it talks to.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

impl FlowId {
    /// The eight, active before passive.
    pub const ALL: [Self; 8] =
        [Self::A1, Self::A2, Self::A3, Self::A4, Self::P1, Self::P2, Self::P3, Self::P4];

    /// The name in reports and comments.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::A1 => "A1",
            Self::A2 => "A2",
            Self::A3 => "A3",
            Self::A4 => "A4",
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::P4 => "P4",
        }
    }

    /// The mode that it belongs to.
    #[must_use]
    pub fn mode(self) -> Mode {
        match self {
            Self::A1 | Self::A2 | Self::A3 | Self::A4 => Mode::Active,
            Self::P1 | Self::P2 | Self::P3 | Self::P4 => Mode::Passive,
        }
    }

    /// The connection that it belongs to.
    #[must_use]
    pub fn channel(self) -> Channel {
        match self {
            Self::A1 | Self::A2 | Self::P1 | Self::P2 => Channel::Control,
            Self::A3 | Self::A4 | Self::P3 | Self::P4 => Channel::Data,
        }
    }

    /// The end that sends its packets.
    #[must_use]
    pub fn sender(self) -> End {
        match self {
            Self::A1 | Self::A4 | Self::P1 | Self::P3 => End::Client,
            Self::A2 | Self::A3 | Self::P2 | Self::P4 => End::Server,
        }
    }

    /// Whether its first packet opens a connection.
    #[must_use]
    pub fn opens(self) -> bool {
        self.answers().is_none()
    }

    /// The flow that it answers, if it is a reply.
    #[must_use]
    pub fn answers(self) -> Option<Self> {
        match self {
            Self::A2 => Some(Self::A1),
            Self::A4 => Some(Self::A3),
            Self::P2 => Some(Self::P1),
            Self::P4 => Some(Self::P3),
            Self::A1 | Self::A3 | Self::P1 | Self::P3 => None,
        }
    }
}

impl fmt::Display for FlowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
