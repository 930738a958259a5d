//! Common clients.

mod curl;
mod filezilla;
mod ftp_exe;
pub(super) mod internet_explorer;
mod lftp;
mod winscp;

use std::net::IpAddr;

use super::{Remark, SettingsGuide, Step, facts};
use crate::deployment::{Deployment, Modes, Tls};
use crate::packet::PortRange;

/// Client programs with settings of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Client {
    /// curl.
    Curl,
    /// lftp.
    Lftp,
    /// The `FileZilla` client.
    Filezilla,
    /// `WinSCP`.
    Winscp,
    /// The `ftp` command of Windows.
    FtpExe,
    /// Internet Explorer, and Windows Explorer, which shares its settings.
    InternetExplorer,
}

impl Client {
    /// Every client, in the order of the documentation.
    pub const ALL: [Self; 6] =
        [Self::Curl, Self::Lftp, Self::Filezilla, Self::Winscp, Self::FtpExe, Self::InternetExplorer];

    /// The name in machine-readable output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Lftp => "lftp",
            Self::Filezilla => "filezilla",
            Self::Winscp => "winscp",
            Self::FtpExe => "ftp-exe",
            Self::InternetExplorer => "internet-explorer",
        }
    }

    /// The program's own spelling of its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Lftp => "lftp",
            Self::Filezilla => "FileZilla",
            Self::Winscp => "WinSCP",
            Self::FtpExe => "Windows ftp.exe",
            Self::InternetExplorer => "Internet Explorer",
        }
    }
}

/// The guide for one client.
pub(super) fn guide(client: Client, deployment: &Deployment) -> SettingsGuide {
    let target = Target::of(deployment);
    match client {
        Client::Curl => curl::guide(&target),
        Client::Lftp => lftp::guide(&target),
        Client::Filezilla => filezilla::guide(&target),
        Client::Winscp => winscp::guide(&target),
        Client::FtpExe => ftp_exe::guide(&target),
        Client::InternetExplorer => internet_explorer::guide(&target),
    }
}

/// What a client has to know of the deployment.
struct Target {
    address: IpAddr,
    port: u16,
    tls: Tls,
    modes: Modes,
    /// The client's own ports, where the deployment is narrower than any unprivileged port.
    ports: Option<PortRange>,
}

impl Target {
    fn of(deployment: &Deployment) -> Self {
        let service = &deployment.service;
        let ports = deployment.clients.ports;
        Self {
            // A valid deployment has an address.
            address: facts::reachable(deployment).unwrap_or(IpAddr::from([127, 0, 0, 1])),
            port: service.control_port,
            tls: service.tls,
            modes: service.modes,
            ports: (PortRange::new(1024, u16::MAX) != Some(ports)).then_some(ports),
        }
    }

    /// `ftp://203.0.113.10/`, with the port unless it is the scheme's own.
    fn url(&self) -> String {
        let (scheme, default_port) = if self.tls == Tls::Implicit { ("ftps", 990) } else { ("ftp", 21) };
        let host = match self.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        if self.port == default_port {
            format!("{scheme}://{host}/")
        } else {
            format!("{scheme}://{host}:{}/", self.port)
        }
    }

    /// The steps for the modes on offer, passive first since it suits most clients' firewalls.
    fn modes(&self, step: impl Fn(Mode) -> Step) -> impl Iterator<Item = Step> {
        let passive = self.modes.passive.then_some(Mode::Passive);
        let active = self.modes.active.then_some(Mode::Active);
        passive.into_iter().chain(active).map(step)
    }

    /// The remark that the control connection does not obey the setting for active mode.
    fn control_elsewhere(&self) -> Option<Remark> {
        self.ports.map(Remark::ControlElsewhere)
    }

    /// The remark for a client without TLS.
    fn without_tls(&self) -> Option<Remark> {
        match self.tls {
            Tls::None => None,
            Tls::Explicit => Some(Remark::PlaintextOnly),
            Tls::ExplicitRequired | Tls::Implicit => Some(Remark::CannotEncrypt),
        }
    }
}

/// A mode of data connections, as a client asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Passive,
    Active,
}

impl Mode {
    fn purpose(self) -> super::Purpose {
        match self {
            Self::Passive => super::Purpose::UsePassive,
            Self::Active => super::Purpose::UseActive,
        }
    }
}
