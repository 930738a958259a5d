//! The settings that go with a deployment: what the server program, the kernel under it and the clients have
//! to be told.
//!
//! Data only. Option names, dialog labels and values are the programs' own, the same in every language; what
//! they are for is an enum here and a sentence in the languages. A further program costs a file, an enum arm
//! and its sentences.

mod clients;
mod facts;
mod filezilla_server;
mod general;
mod iis;
mod linux;
mod proftpd;
mod pure_ftpd;
mod serv_u;
mod vsftpd;

use crate::deployment::{Deployment, Software, Tls};
use crate::packet::{PortRange, PortSet};

pub use clients::Client;
pub use clients::internet_explorer::{ADDRESS_BAR, USE_PASSIVE_FTP};
pub use serv_u::ALLOW_PASSIVE;

/// What one program has to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsGuide {
    /// The program.
    pub subject: Subject,
    /// Where its settings are; empty when each step says so itself.
    pub places: Vec<Location>,
    /// The settings, in the order in which they are best made.
    pub steps: Vec<Step>,
    /// What an administrator has to know besides.
    pub remarks: Vec<Remark>,
}

/// Whom a guide is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A known server program.
    Server(Software),
    /// Whatever server program there is.
    AnyServer,
    /// The Linux kernel under the server.
    Linux,
    /// A client program.
    Client(Client),
}

impl Subject {
    /// The name in machine-readable output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Server(software) => software.id(),
            Self::AnyServer => "any-server",
            Self::Linux => "linux",
            Self::Client(client) => client.id(),
        }
    }

    /// How a comment starts in the lines of the program's guide.
    #[must_use]
    pub fn comment(self) -> &'static str {
        match self {
            Self::Server(Software::Iis) => "rem",
            _ => "#",
        }
    }
}

/// Where settings are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Location {
    /// A file.
    File {
        /// The system where it has this path.
        system: &'static str,
        /// Its path.
        path: &'static str,
    },
    /// A dialog; the labels of the fields start from it.
    Dialog(&'static str),
    /// A Windows command prompt with administrator's rights, in this folder.
    AdministratorPrompt(&'static str),
    /// A command line of any user.
    CommandLine,
    /// The program's own prompt.
    OwnPrompt,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is for.
    pub purpose: Purpose,
    /// The setting itself.
    pub setting: Setting,
}

impl Step {
    fn lines<S: Into<String>>(purpose: Purpose, lines: impl IntoIterator<Item = S>) -> Self {
        Self { purpose, setting: Setting::Lines(lines.into_iter().map(Into::into).collect()) }
    }

    fn field(purpose: Purpose, path: &'static str, value: Value) -> Self {
        Self { purpose, setting: Setting::Field { path, value } }
    }

    fn value(purpose: Purpose, value: Value) -> Self {
        Self { purpose, setting: Setting::Value(value) }
    }
}

/// How a setting is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// Lines of a configuration file, or commands, verbatim.
    Lines(Vec<String>),
    /// A field of a dialog.
    Field {
        /// The labels on the way to it, separated by ` > `, as the program's English version has them.
        path: &'static str,
        /// What it has to hold.
        value: Value,
    },
    /// A value alone, for a program that is not known.
    Value(Value),
}

/// What a field has to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// This text, or the choice with this label.
    Text(String),
    /// On, or ticked.
    On,
    /// Off, or not ticked.
    Off,
    /// Whatever stands for this kind of TLS.
    Tls(Tls),
    /// Whatever stands for "any port that the system picks".
    Ephemeral,
}

impl Value {
    fn text(value: &(impl ToString + ?Sized)) -> Self {
        Self::Text(value.to_string())
    }

    fn on_when(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

/// What a setting is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Listen in the declared address families.
    Families,
    /// The port of the control connection.
    ControlPort,
    /// Whether and how sessions are encrypted.
    Encryption,
    /// Offer active mode, or refuse it.
    ActiveMode,
    /// Where active data connections come from.
    ActiveSource,
    /// Offer passive mode, or refuse it.
    PassiveMode,
    /// Where passive data connections go.
    PassiveRange,
    /// The address that the reply to `PASV` names.
    AdvertisedAddress,
    /// How many sessions there may be at once.
    MaxSessions,
    /// Keep the system's own choice of ports out of the passive range.
    ReservePorts,
    /// Put the settings into effect.
    Apply,
    /// The server to connect to.
    Server,
    /// Connect, in passive mode.
    UsePassive,
    /// Connect, in active mode.
    UseActive,
    /// The ports that the client waits at in active mode.
    ClientPorts,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 15] = [
        Self::Families,
        Self::ControlPort,
        Self::Encryption,
        Self::ActiveMode,
        Self::ActiveSource,
        Self::PassiveMode,
        Self::PassiveRange,
        Self::AdvertisedAddress,
        Self::MaxSessions,
        Self::ReservePorts,
        Self::Apply,
        Self::Server,
        Self::UsePassive,
        Self::UseActive,
        Self::ClientPorts,
    ];

    /// The name in machine-readable output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Families => "families",
            Self::ControlPort => "control-port",
            Self::Encryption => "encryption",
            Self::ActiveMode => "active-mode",
            Self::ActiveSource => "active-source",
            Self::PassiveMode => "passive-mode",
            Self::PassiveRange => "passive-range",
            Self::AdvertisedAddress => "advertised-address",
            Self::MaxSessions => "max-sessions",
            Self::ReservePorts => "reserve-ports",
            Self::Apply => "apply",
            Self::Server => "server",
            Self::UsePassive => "use-passive",
            Self::UseActive => "use-active",
            Self::ClientPorts => "client-ports",
        }
    }
}

/// What an administrator has to know besides the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// Changes take effect only with this command.
    Apply(&'static str),
    /// The advertised address is for `PASV`; the reply to `EPSV` names none.
    PasvOnly,
    /// TLS needs a certificate, named by these options.
    Certificate(&'static str),
    /// TLS needs a certificate, chosen in this dialog.
    CertificateDialog(&'static str),
    /// The server wants the TLS session of the control connection resumed on the data connection; this line
    /// waives it.
    SessionReuse(&'static str),
    /// Explicit TLS cannot be switched off.
    TlsStays,
    /// These modes cannot be switched off.
    ModesStay {
        /// Active mode is not on offer, but remains.
        active: bool,
        /// Passive mode is not on offer, but remains.
        passive: bool,
    },
    /// The program cannot open data connections from the declared ports, only from ephemeral ones.
    OnlyEphemeral(PortSet),
    /// vsftpd opens data connections from one port only.
    VsftpdOneSource {
        /// The ports declared.
        declared: PortSet,
        /// The one in the settings.
        used: u16,
    },
    /// vsftpd ignores an unusable range without a word.
    VsftpdRange,
    /// What vsftpd does when all ports of the range are taken.
    VsftpdExhausted(PortRange),
    /// `RootRevoke off` is what makes `ProFTPD` 1.3.7 and later use the port below the control port.
    ProftpdRootRevoke(u16),
    /// `ProFTPD` 1.3.7 and later use ephemeral ports unless told otherwise, earlier versions this port.
    ProftpdEphemeral(u16),
    /// `ProFTPD` knows only two kinds of source port: this one, or ephemeral.
    ProftpdSource {
        /// The ports declared.
        declared: PortSet,
        /// The port below the control port.
        below: u16,
    },
    /// `ProFTPD` refuses a range of one port.
    ProftpdOnePort,
    /// What `ProFTPD` does when all ports of the range are taken.
    ProftpdExhausted(PortRange),
    /// Debian's `ProFTPD` loads TLS as a module.
    ProftpdModule,
    /// Pure-FTPd admits half as many users as the range has ports.
    PureFtpdHalf {
        /// How many that is.
        users: u32,
        /// How many sessions the deployment declares, if that is more.
        wanted: Option<u32>,
    },
    /// Pure-FTPd tries a list of source ports that cannot be set. `implicit` puts 989 first.
    PureFtpdSources {
        /// Whether TLS is implicit.
        implicit: bool,
    },
    /// Debian's Pure-FTPd has a file for each setting.
    PureFtpdDebian,
    /// Implicit TLS is chosen when Pure-FTPd is compiled.
    PureFtpdImplicit,
    /// `FileZilla` Server keeps a port for the same client for a while.
    FilezillaHolds(PortRange),
    /// Where active data connections of this program come from is not documented.
    SourceUnknown(Software),
    /// Labels differ between versions of Serv-U.
    ServUVersions,
    /// `SITE` stands for the name of the IIS site.
    IisSite,
    /// The range of IIS holds for all its FTP sites.
    IisServerWide,
    /// IIS takes 990 alone for implicit TLS, and every other port for explicit.
    IisImplicitPort(u16),
    /// Why ports are reserved: the range overlaps the kernel's ephemeral one in these ports.
    ReserveWhy(PortRange),
    /// The sysctl is one list, which a later line replaces.
    ReserveList,
    /// The control connection is not bound by the setting for active mode.
    ControlElsewhere(PortRange),
    /// The client has no passive mode, whatever is sent by hand.
    NeverPassive,
    /// The client cannot use this service, which does not offer the only mode it has.
    NoCommonMode,
    /// The client has no TLS, so its sessions are plaintext.
    PlaintextOnly,
    /// The client has no TLS, which the service demands.
    CannotEncrypt,
    /// Windows Explorer obeys the same setting.
    ExplorerToo,
}

/// What the server has to be told: the program named in the deployment, or any, and the Linux kernel under it.
#[must_use]
pub fn server(deployment: &Deployment) -> Vec<SettingsGuide> {
    let program = match deployment.service.software {
        Some(Software::Vsftpd) => vsftpd::guide(deployment),
        Some(Software::Proftpd) => proftpd::guide(deployment),
        Some(Software::PureFtpd) => pure_ftpd::guide(deployment),
        Some(Software::FilezillaServer) => filezilla_server::guide(deployment),
        Some(Software::ServU) => serv_u::guide(deployment),
        Some(Software::Iis) => iis::guide(deployment),
        None => general::guide(deployment),
    };
    std::iter::once(program).chain(linux::guide(deployment)).collect()
}

/// What common clients have to be told.
#[must_use]
pub fn clients(deployment: &Deployment) -> Vec<SettingsGuide> {
    Client::ALL.into_iter().map(|client| clients::guide(client, deployment)).collect()
}

#[cfg(test)]
pub(crate) mod sample;
