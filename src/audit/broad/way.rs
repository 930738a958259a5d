//! The packets that may go one way through a firewall, and who lets them through.

use super::super::context::Context;
use super::super::crossing::Site;
use crate::deployment::{AlsoAllow, Party, Place, Side};
use crate::flow::{FlowId, views};
use crate::packet::{
    AddressSet, Family, Field, NameField, PacketSet, PortSet, Protocol, Space, State, TooComplex,
};
use crate::ruleset::Direction;
use crate::ruleset::evaluate::Question;
use crate::ruleset::trace::Path;

const SYN: u8 = 0x02;

/// One direction through a firewall.
pub(super) struct Way {
    pub(super) direction: Direction,
    pub(super) path: Path,
    /// Whether it leads to the server: the way of control and passive data connections, not of active ones.
    pub(super) towards_server: bool,
    pub(super) question: Question,
    /// Packets without a connection, of the families and between the addresses that matter here.
    pub(super) open: PacketSet,
    /// Those of them that open a TCP connection.
    pub(super) opening: PacketSet,
    /// UDP.
    pub(super) udp: PacketSet,
    /// The addresses of the server's packets here, as source or as destination.
    pub(super) of_server: PacketSet,
    /// What is required or declared, whatever the source port, the flags and the state.
    pub(super) declared: PacketSet,
    /// What is declared beside FTP.
    pub(super) also: PacketSet,
    /// What is required, likewise.
    pub(super) required: PacketSet,
    /// The flows that open connections this way.
    pub(super) flows: Vec<FlowId>,
    /// The destination ports that are required.
    pub(super) ports: PortSet,
    /// The addresses of the other end that are required.
    pub(super) peers: AddressSet,
}

impl Way {
    pub(super) fn new(context: &mut Context<'_>, direction: Direction) -> Result<Self, TooComplex> {
        let firewall = context.firewall();
        let deployment = context.request.deployment;
        let interfaces = context.interfaces.clone();
        let site = Site { deployment, firewall, interfaces: &interfaces };
        let path = site.path(direction);
        let towards_server = (firewall.side == Side::Server) == (direction == Direction::In);

        let space = &mut context.space;
        let openers = context.if_new.iter().map(|judged| &judged.crossing);
        let openers = openers.filter(|crossing| crossing.opens() && crossing.direction == direction);
        let (sets, flows): (Vec<PacketSet>, Vec<FlowId>) =
            openers.map(|crossing| (crossing.packets, crossing.flow)).unzip();
        let exact = space.union_all(sets)?;
        let required = space.endpoints(exact)?;
        let required = space.forget(required, Field::SourcePort(0))?;
        let also = also_allowed(&firewall.also_allow, path, space)?;
        let declared = space.union(required, also)?;

        let views = views(deployment, firewall);
        let passing = site.passing(path, direction, space)?;
        let mut families = PacketSet::EMPTY;
        for family in deployment.families() {
            let own = space.family(family)?;
            families = space.union(families, own)?;
        }
        let within = space.intersection_all([passing, families])?;
        let mut onward = PacketSet::FULL;
        let servers = match (firewall.nat, firewall.side, direction) {
            // What arrives for the public address and is not translated is for the gateway itself.
            (Some(nat), Side::Server, Direction::In) => {
                let translated = space.family(Family::of(nat.public))?;
                let private = space.destination(&views.filter.servers)?;
                onward = space.choose(translated, private, PacketSet::FULL)?;
                &views.outside.servers
            }
            _ => &views.filter.servers,
        };
        let (to, from) = (space.destination(servers)?, space.source(servers)?);
        let of_server = if towards_server { to } else { from };
        let mut astray = PacketSet::EMPTY;
        if firewall.place == Place::Gateway {
            // Without interfaces a rule for the way back seems to be one for this way too.
            let servers = &views.filter.servers;
            astray = if towards_server { space.source(servers)? } else { space.destination(servers)? };
        }
        let mut own = PacketSet::FULL;
        if firewall.place == Place::Host || !onward.is_full() {
            let end = if firewall.side == Side::Server { servers } else { &views.filter.clients };
            own = match direction {
                Direction::In => space.destination(end)?,
                Direction::Out => space.source(end)?,
            };
        }
        let open = [
            within,
            own,
            space.state(&[State::New, State::Invalid, State::Untracked])?,
            space.reply(false)?,
            astray.complement(),
            space.name(NameField::Helper, "")?,
            space.mark(0, u32::MAX)?,
            space.connection_mark(0, u32::MAX)?,
        ];
        let open = space.intersection_all(open)?;
        let new = space.state(&[State::New])?;
        let syn = space.tcp_flags(u8::MAX, SYN)?;
        let udp = space.protocol(Protocol::Udp)?;
        let opening = space.intersection_all([open, new, syn])?;
        let udp = space.intersection_all([open, new, udp])?;

        let ports = space.destination_ports_of(required)?;
        let peers = match direction {
            Direction::In => space.sources_of(required)?,
            Direction::Out => space.destinations_of(required)?,
        };
        let question = Question { path, within: open, onward };
        Ok(Self {
            direction,
            path,
            towards_server,
            question,
            open,
            opening,
            udp,
            of_server,
            declared,
            also,
            required,
            flows,
            ports,
            peers,
        })
    }
}

/// The packets that open the connections of `allowed` along `path`, whatever else is true of them.
fn also_allowed(allowed: &[AlsoAllow], path: Path, space: &mut Space) -> Result<PacketSet, TooComplex> {
    let mut all = PacketSet::EMPTY;
    for one in allowed {
        let own = match (&one.from, &one.to) {
            (Party::ThisHost, _) => Path::Output,
            (_, Party::ThisHost) => Path::Input,
            _ => Path::Forward,
        };
        if own != path {
            continue;
        }
        let mut set = space.protocol(one.protocol)?;
        if let Party::Addresses(from) = &one.from {
            let from = space.source(from)?;
            set = space.intersection(set, from)?;
        }
        if let Party::Addresses(to) = &one.to {
            let to = space.destination(to)?;
            set = space.intersection(set, to)?;
        }
        if let Some(ports) = &one.ports {
            let ports = space.destination_port(ports)?;
            set = space.intersection(set, ports)?;
        }
        all = space.union(all, set)?;
    }
    Ok(all)
}
