//! The shape of a deployment file, once: every field with its type, whether it is required, and its allowed
//! words. Reading, the JSON Schema and the reference documentation all follow this table.

use super::model::{Egress, ForeignAddresses, Place, Side, Software, Strategy, Tls};
use crate::dialect::Dialect;
use crate::packet::Protocol;

/// The version of the format that this program reads.
pub const VERSION: u32 = 1;

/// A field of a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Which one it is.
    pub id: FieldId,
    /// How a file spells it.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// How many of these.
    pub arity: Arity,
    /// Whether it has to be there whatever else is.
    pub required: bool,
}

/// How many values a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arity {
    /// One.
    One,
    /// One, or a list of at least one, without duplicates.
    OneOrMore,
    /// A list, maybe of none.
    Any,
    /// A list of at least one.
    AtLeastOne,
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The version of the format: 1.
    Version,
    /// A name that chains and anchors can have: at most 15 of `A-Z`, `a-z`, `0-9`, `-`, `_`.
    ServiceName,
    /// A name that a file can have: at most 40 of `A-Z`, `a-z`, `0-9`, `.`, `-`, `_`, the first no `.` and no `-`.
    FirewallName,
    /// A name that a network interface can have: at most 15 characters.
    InterfaceName,
    /// The path of a file.
    FilePath,
    /// A remark of at most 100 bytes.
    Note,
    /// A TCP port, 1 to 65535.
    Port,
    /// A port, or a range such as `60000-60020`.
    PortRange,
    /// A port, or the word `ephemeral`.
    SourcePort,
    /// A number from 1 to 4294967295.
    Count,
    /// An IPv4 or IPv6 address.
    Address,
    /// An IPv4 address.
    Ipv4Address,
    /// An address, or a prefix such as `10.0.0.0/8`.
    Network,
    /// An address, a prefix, or the word `any`.
    NetworkOrAny,
    /// An address, a prefix, or one of the words `any` and `self`.
    Party,
    /// One of a list of words.
    Word(Words),
    /// The name of whoever logs in: one line.
    UserName,
    /// A version of Linux, such as `6.1`.
    KernelVersion,
    /// The name of a sysctl, such as `net.ipv4.ip_forward`.
    SysctlName,
    /// The name of a kernel module, or of a parameter of one.
    ModuleName,
    /// What a sysctl or a parameter is set to: text of one line, or a whole number.
    Setting,
    /// The name of a finding: `FTP000` to `FTP999`.
    RuleId,
    /// A sentence of one line that is not blank.
    Reason,
    /// A mapping with these fields.
    Mapping(&'static [Field]),
    /// A mapping with free keys: what each key is, and what each value is.
    Entries(&'static Kind, &'static Kind),
}

/// The words that a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// [`Tls`].
    Tls,
    /// The data connection modes.
    Mode,
    /// [`Software`].
    Software,
    /// [`Side`].
    Side,
    /// [`Place`].
    Place,
    /// [`Dialect`].
    Dialect,
    /// [`Strategy`].
    Strategy,
    /// [`Egress`].
    Egress,
    /// [`Protocol`].
    Protocol,
    /// [`ForeignAddresses`].
    ForeignAddresses,
}

impl Words {
    /// The words, in the order of the documentation.
    #[must_use]
    pub fn all(self) -> Vec<&'static str> {
        match self {
            Self::Tls => Tls::ALL.map(Tls::id).to_vec(),
            Self::Mode => vec!["active", "passive"],
            Self::Software => Software::ALL.map(Software::id).to_vec(),
            Self::Side => Side::ALL.map(Side::id).to_vec(),
            Self::Place => Place::ALL.map(Place::id).to_vec(),
            Self::Dialect => Dialect::ALL.map(Dialect::id).to_vec(),
            Self::Strategy => Strategy::ALL.map(Strategy::id).to_vec(),
            Self::Egress => Egress::ALL.map(Egress::id).to_vec(),
            Self::Protocol => Protocol::NAMED.map(Protocol::id).to_vec(),
            Self::ForeignAddresses => ForeignAddresses::ALL.map(ForeignAddresses::id).to_vec(),
        }
    }
}

/// Sysctls, by their names.
pub(super) const SYSCTLS: Kind = Kind::Entries(&Kind::SysctlName, &Kind::Setting);
/// The parameters of a module, by their names.
pub(super) const PARAMETERS: Kind = Kind::Entries(&Kind::ModuleName, &Kind::Setting);
/// Modules with their parameters, by their names.
pub(super) const MODULE_OPTIONS: Kind = Kind::Entries(&Kind::ModuleName, &PARAMETERS);

macro_rules! fields {
    ($(#[$list_doc:meta] $list:ident = [$($id:ident $name:literal $arity:ident $kind:expr, $required:literal, $doc:literal;)+];)+) => {
        /// Every field of a deployment file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FieldId {
            $($(#[doc = $doc] $id,)+)+
        }

        impl FieldId {
            /// Every field, in the order of the documentation.
            pub const ALL: &[Self] = &[$($(Self::$id,)+)+];
        }

        $(
            #[$list_doc]
            pub const $list: &[Field] = &[$(Field {
                id: FieldId::$id,
                name: $name,
                kind: $kind,
                arity: Arity::$arity,
                required: $required,
            },)+];
        )+
    };
}

fields! {
    /// The file.
    ROOT = [
        Version "version" One Kind::Version, true, "`version`.";
        Service "service" One Kind::Mapping(SERVICE), true, "`service`.";
        Clients "clients" One Kind::Mapping(CLIENTS), false, "`clients`.";
        Firewalls "firewalls" AtLeastOne Kind::Mapping(FIREWALL), true, "`firewalls`.";
        Ignore "ignore" Any Kind::Mapping(IGNORE), false, "`ignore`.";
    ];
    /// The FTP service.
    SERVICE = [
        ServiceName "name" One Kind::ServiceName, false, "`service.name`.";
        ServiceAddresses "addresses" OneOrMore Kind::Address, true, "`service.addresses`.";
        ControlPort "control_port" One Kind::Port, false, "`service.control_port`.";
        Tls "tls" One Kind::Word(Words::Tls), false, "`service.tls`.";
        Modes "modes" OneOrMore Kind::Word(Words::Mode), false, "`service.modes`.";
        Active "active" One Kind::Mapping(ACTIVE), false, "`service.active`.";
        Passive "passive" One Kind::Mapping(PASSIVE), false, "`service.passive`.";
        Software "software" One Kind::Word(Words::Software), false, "`service.software`.";
        MaxSessions "max_sessions" One Kind::Count, false, "`service.max_sessions`.";
        ForeignAddresses "foreign_addresses" One Kind::Word(Words::ForeignAddresses), false, "`service.foreign_addresses`.";
        User "user" One Kind::UserName, false, "`service.user`.";
    ];
    /// Active mode.
    ACTIVE = [
        SourcePort "source_port" OneOrMore Kind::SourcePort, false, "`service.active.source_port`.";
    ];
    /// Passive mode.
    PASSIVE = [
        PassivePorts "ports" One Kind::PortRange, false, "`service.passive.ports`.";
        AdvertisedAddress "advertised_address" One Kind::Ipv4Address, false, "`service.passive.advertised_address`.";
    ];
    /// The clients.
    CLIENTS = [
        ClientAddresses "addresses" OneOrMore Kind::NetworkOrAny, false, "`clients.addresses`.";
        ClientPorts "ports" One Kind::PortRange, false, "`clients.ports`.";
    ];
    /// A firewall.
    FIREWALL = [
        FirewallName "name" One Kind::FirewallName, true, "`firewalls[].name`.";
        Side "side" One Kind::Word(Words::Side), true, "`firewalls[].side`.";
        Place "place" One Kind::Word(Words::Place), true, "`firewalls[].place`.";
        Dialect "dialect" One Kind::Word(Words::Dialect), false, "`firewalls[].dialect`.";
        Strategy "strategy" One Kind::Word(Words::Strategy), false, "`firewalls[].strategy`.";
        Interfaces "interfaces" One Kind::Mapping(INTERFACES), false, "`firewalls[].interfaces`.";
        Nat "nat" One Kind::Mapping(NAT), false, "`firewalls[].nat`.";
        Egress "egress" One Kind::Word(Words::Egress), false, "`firewalls[].egress`.";
        Rulesets "rulesets" Any Kind::FilePath, false, "`firewalls[].rulesets`.";
        Host "host" One Kind::Mapping(HOST), false, "`firewalls[].host`.";
        AlsoAllow "also_allow" Any Kind::Mapping(ALSO_ALLOW), false, "`firewalls[].also_allow`.";
    ];
    /// What the machine of a firewall is set to.
    HOST = [
        Kernel "kernel" One Kind::KernelVersion, false, "`firewalls[].host.kernel`.";
        Sysctls "sysctls" One SYSCTLS, false, "`firewalls[].host.sysctls`.";
        Modules "modules" Any Kind::ModuleName, false, "`firewalls[].host.modules`.";
        ModuleOptions "module_options" One MODULE_OPTIONS, false, "`firewalls[].host.module_options`.";
    ];
    /// The interfaces of a firewall.
    INTERFACES = [
        Outside "outside" One Kind::InterfaceName, false, "`firewalls[].interfaces.outside`.";
        Inside "inside" One Kind::InterfaceName, false, "`firewalls[].interfaces.inside`.";
    ];
    /// Address translation at a gateway.
    NAT = [
        NatPublic "public" One Kind::Address, true, "`firewalls[].nat.public`.";
        NatPrivate "private" One Kind::Network, true, "`firewalls[].nat.private`.";
    ];
    /// Other traffic that is meant to pass.
    ALSO_ALLOW = [
        AllowProtocol "proto" One Kind::Word(Words::Protocol), true, "`firewalls[].also_allow[].proto`.";
        AllowFrom "from" OneOrMore Kind::Party, false, "`firewalls[].also_allow[].from`.";
        AllowTo "to" OneOrMore Kind::Party, false, "`firewalls[].also_allow[].to`.";
        AllowPort "port" OneOrMore Kind::PortRange, false, "`firewalls[].also_allow[].port`.";
        AllowNote "note" One Kind::Note, false, "`firewalls[].also_allow[].note`.";
    ];
    /// A finding that is meant to be left out.
    IGNORE = [
        IgnoreRule "rule" One Kind::RuleId, true, "`ignore[].rule`.";
        IgnoreFirewall "firewall" One Kind::FirewallName, false, "`ignore[].firewall`.";
        IgnoreReason "reason" One Kind::Reason, true, "`ignore[].reason`.";
    ];
}
