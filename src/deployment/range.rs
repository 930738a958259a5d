//! What a passive range comes to: what a server makes of it, how many sessions it carries, how many ports are enough.

use super::model::Software;
use crate::packet::PortRange;

/// The ports that Linux hands out to outgoing connections unless told otherwise (`net.ipv4.ip_local_port_range`).
pub const LINUX_EPHEMERAL: PortRange = PortRange::between(32768, 60999);
/// The same of Windows since Vista, and what RFC 6335 §6 sets aside for that.
const DYNAMIC: PortRange = PortRange::between(49152, 65535);
/// Every port that takes no privilege to listen on.
const UNPRIVILEGED: PortRange = PortRange::between(1024, 65535);
/// What vsftpd 3.0 takes without `pasv_min_port` and `pasv_max_port`; measured.
const VSFTPD: PortRange = PortRange::between(5001, 65535);

/// How many passive ports a small service gets by with.
const ENOUGH_PORTS: u32 = 20;
/// How many passive ports a session takes at most: one transfer, and one before it still in `TIME_WAIT`.
const PORTS_PER_SESSION: u32 = 2;

/// How many passive ports are enough for so many sessions at once, or for a small service.
#[must_use]
pub fn enough_ports(max_sessions: Option<u32>) -> u32 {
    max_sessions.map_or(ENOUGH_PORTS, |sessions| sessions.saturating_mul(PORTS_PER_SESSION))
}

/// What a server does with a passive range that it is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It takes these ports.
    Taken,
    /// It takes other ports.
    Replaced(PortRange),
    /// It does not start.
    Refused,
}

impl Software {
    /// What the program makes of a passive range in its settings.
    #[must_use]
    pub fn effect(self, range: PortRange) -> Effect {
        match self {
            // An end that it does not like gives way to 1024 or 65535 (vsftpd 3.0, `pasv_min_port` and `pasv_max_port`;
            // measured).
            Self::Vsftpd => {
                let first = range.first().max(1024);
                let last = if range.last() < first { u16::MAX } else { range.last() };
                let taken = PortRange::between(first, last);
                if taken == range { Effect::Taken } else { Effect::Replaced(taken) }
            }
            Self::Proftpd if range.first() < 1024 || range.count() == 1 => Effect::Refused,
            Self::PureFtpd if range.first() < 1024 => Effect::Refused,
            Self::Iis if range.first() < 1025 => Effect::Refused,
            _ => Effect::Taken,
        }
    }

    /// The passive ports that the program takes unless it is set to others, or those of the systems it runs on.
    #[must_use]
    pub fn default_ranges(self) -> &'static [PortRange] {
        match self {
            Self::Vsftpd => &[VSFTPD],
            Self::Proftpd => &[LINUX_EPHEMERAL, UNPRIVILEGED],
            Self::PureFtpd => &[UNPRIVILEGED],
            Self::FilezillaServer => &[LINUX_EPHEMERAL, DYNAMIC],
            Self::Iis => &[DYNAMIC],
            Self::ServU => &[],
        }
    }

    /// How many sessions can transfer at once over so many passive ports. `None` where the ports set no limit, or none
    /// that is known: `ProFTPD` takes others, `FileZilla Server` counts by client.
    #[must_use]
    pub fn capacity(self, ports: u32) -> Option<u32> {
        match self {
            // A port is taken until the transfer ends.
            Self::Vsftpd => Some(ports),
            // The same, and it admits half as many users as there are ports.
            Self::PureFtpd => Some(ports / 2),
            Self::Proftpd | Self::FilezillaServer | Self::Iis | Self::ServU => None,
        }
    }

    /// Whether the program takes ports outside its passive range when all of it is taken.
    #[must_use]
    pub fn leaves_range(self) -> bool {
        self == Self::Proftpd
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: u16, last: u16) -> PortRange {
        PortRange::new(first, last).expect("a range")
    }

    #[test]
    fn vsftpd_takes_its_default_for_an_end_that_it_does_not_like() {
        for (set, taken) in [
            (range(1000, 1100), Effect::Replaced(range(1024, 1100))),
            (range(500, 600), Effect::Replaced(UNPRIVILEGED)),
            (range(1024, 1100), Effect::Taken),
            (range(30000, 30000), Effect::Taken),
            (range(30000, 65535), Effect::Taken),
        ] {
            assert_eq!(Software::Vsftpd.effect(set), taken, "{set}");
        }
    }

    #[test]
    fn others_do_not_start() {
        for (software, set, refused) in [
            (Software::Proftpd, range(30000, 30000), true),
            (Software::Proftpd, range(1023, 30000), true),
            (Software::Proftpd, range(1024, 1025), false),
            (Software::PureFtpd, range(1023, 1040), true),
            (Software::PureFtpd, range(30000, 30000), false),
            (Software::Iis, range(1024, 1040), true),
            (Software::Iis, range(1025, 1040), false),
            (Software::FilezillaServer, range(500, 600), false),
        ] {
            assert_eq!(software.effect(set) == Effect::Refused, refused, "{software:?} {set}");
        }
    }
}
