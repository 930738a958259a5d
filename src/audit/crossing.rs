//! The packets that a flow needs a firewall to let through, as sets.
//!
//! A flow is not one kind of packet. The side that opens a connection sends a first packet, which is new to connection
//! tracking or, where a helper expected it, related; and later ones, which are established. The side that answers
//! sends established ones only. Sessions differ too: no helper reads an encrypted control connection, so that its
//! data connections are new ones at every firewall.

use super::matrix::Judged;
use ipnet::IpNet;

use crate::deployment::{Deployment, Firewall, Place, Strategy, Tls};
use crate::flow::{
    Channel, Connection, Endpoint, FlowId, Passage, Translation, connections, flows, passages,
};
use crate::packet::{AddressSet, Family, NameField, PacketSet, PortSet, Protocol, Space, State, TooComplex};
use crate::ruleset::Direction;
use crate::ruleset::trace::Path;

/// The kernel's name of the FTP helper (`nf_conntrack_ftp`).
pub(super) const FTP_HELPER: &str = "ftp";

const SYN: u8 = 0x02;
const ACK: u8 = 0x10;
/// Every flag but those that ordinary packets may or may not have: FIN (1) and PSH (8).
const TELLING: u8 = !(0x01 | 0x08);

/// Whether the control connection of a session can be read on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Session {
    /// It can.
    Plain,
    /// It is encrypted.
    Tls,
}

impl Session {
    /// The sessions that a service offers.
    #[must_use]
    pub fn offered(tls: Tls) -> &'static [Self] {
        match tls {
            Tls::None => &[Self::Plain],
            Tls::Explicit => &[Self::Plain, Self::Tls],
            Tls::ExplicitRequired | Tls::Implicit => &[Self::Tls],
        }
    }
}

/// When in a connection packets are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// The one that opens it.
    First,
    /// All others.
    Later,
}

/// Packets of one kind that a firewall has to let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Crossing {
    /// The flow that they belong to.
    pub(super) flow: FlowId,
    /// Their family.
    pub(super) family: Family,
    /// The sessions in which they occur.
    pub(super) sessions: Vec<Session>,
    /// When in their connection.
    pub(super) moment: Moment,
    /// Whether a helper expects them.
    pub(super) expected: bool,
    /// Into or out of what the firewall protects.
    pub(super) direction: Direction,
    /// Their way through the machine of the firewall.
    pub(super) path: Path,
    /// The packets, as they arrive.
    pub(super) packets: PacketSet,
    /// What they have to be as they leave: translated, where the firewall has to translate.
    pub(super) onward: PacketSet,
    /// Whether the machine sends them itself, from whichever of its addresses: one that passes is enough.
    pub(super) own: bool,
}

/// The part of its way on which packets of a connection cross the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stretch {
    /// From one end of the connection to the other.
    Whole,
    /// From who opens it to ftp-proxy.
    ToProxy,
    /// From ftp-proxy to the other end.
    FromProxy,
}

/// The interfaces of a firewall, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Interfaces {
    /// The one towards the other side.
    pub(super) outside: String,
    /// The one towards the protected side. A host has none.
    pub(super) inside: String,
}

/// At which firewall, and how it is set up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) firewall: &'a Firewall,
    pub(super) interfaces: &'a Interfaces,
}

impl Site<'_> {
    /// The packets of all flows in one kind of session, in the order of the flows. `expected` says whether the
    /// firewall's helper reads these sessions, `proxied` in which families ftp-proxy takes up control connections.
    pub(super) fn crossings(
        self,
        session: Session,
        expected: bool,
        proxied: &[Family],
        space: &mut Space,
    ) -> Result<Vec<Crossing>, TooComplex> {
        let mut crossings = Vec::new();
        for family in self.deployment.families() {
            // Not as the deployment declares it, but as the rules have it.
            let strategy = if expected { Strategy::Helper } else { Strategy::Static };
            let firewall = Firewall { strategy, ..self.firewall.clone() };
            let connections = connections(&flows(self.deployment, &firewall));
            for connection in connections.iter().filter(|connection| connection.family == family) {
                let is_control = connection.openers.iter().all(|flow| flow.channel() == Channel::Control);
                let stretches: &[Stretch] = if is_control && proxied.contains(&family) {
                    &[Stretch::ToProxy, Stretch::FromProxy]
                } else {
                    &[Stretch::Whole]
                };
                for passage in passages(connection, &firewall) {
                    for &stretch in stretches {
                        self.passage(connection, &passage, (session, stretch), space, &mut crossings)?;
                    }
                }
            }
        }
        crossings.sort_by_key(|crossing| (crossing.flow, crossing.family, crossing.moment));
        Ok(crossings)
    }

    fn passage(
        self,
        connection: &Connection,
        passage: &Passage,
        (session, stretch): (Session, Stretch),
        space: &mut Space,
        crossings: &mut Vec<Crossing>,
    ) -> Result<(), TooComplex> {
        let (forth, back) = (connection.direction, opposite(connection.direction));
        let (there, return_path) = self.paths(forth, stretch);
        let own = stretch == Stretch::FromProxy;
        let mut add = |flows: &[FlowId], moment, direction, packets, onward| {
            crossings.extend(flows.iter().map(|&flow| Crossing {
                flow,
                family: connection.family,
                sessions: vec![session],
                moment,
                expected: connection.expected,
                direction,
                path: if direction == forth { there } else { return_path },
                packets,
                onward,
                own,
            }));
        };
        let (source, destination) = self.ends(connection, passage, stretch);
        // A helper translates what it expects like the connection that it read of.
        let (arriving, onward) = if connection.expected || stretch == Stretch::ToProxy {
            (destination.clone(), PacketSet::FULL)
        } else if own {
            (destination.clone(), leaving(passage, space)?)
        } else {
            (passage.arriving_destination(), leaving(passage, space)?)
        };
        let state = if connection.expected { State::Related } else { State::New };
        let helper = if connection.expected { Some(FTP_HELPER) } else { None };
        let first = self.packets((there, forth), (&source, &arriving), state, helper, space)?;
        let syn = space.tcp_flags(u8::MAX, SYN)?;
        let first = space.intersection(first, syn)?;
        add(&connection.openers, Moment::First, forth, first, onward);

        let ends = (&source, &destination);
        let later = self.packets((there, forth), ends, State::Established, helper, space)?;
        let acknowledging = space.tcp_flags(TELLING, ACK)?;
        let later = space.intersection(later, acknowledging)?;
        add(&connection.openers, Moment::Later, forth, later, PacketSet::FULL);

        let ends = (&destination, &source);
        let replies = self.packets((return_path, back), ends, State::Established, helper, space)?;
        let first_reply = space.tcp_flags(u8::MAX, SYN | ACK)?;
        let flags = space.union(acknowledging, first_reply)?;
        let replies = space.intersection(replies, flags)?;
        let answer = space.reply(true)?;
        let replies = space.intersection(replies, answer)?;
        add(&connection.replies, Moment::Later, back, replies, PacketSet::FULL);
        Ok(())
    }

    /// Who sends the packets of a stretch, and to whom.
    fn ends(self, connection: &Connection, passage: &Passage, stretch: Stretch) -> (Endpoint, Endpoint) {
        match stretch {
            Stretch::Whole if connection.expected && self.firewall.dialect.is_pf() => {
                (passage.source.clone(), passage.arriving_destination())
            }
            Stretch::Whole => (passage.source.clone(), passage.destination.clone()),
            Stretch::ToProxy => (passage.source.clone(), passage.arriving_destination()),
            Stretch::FromProxy => {
                let addresses = AddressSet::any().of(connection.family);
                let own = Endpoint { addresses, ports: PortSet::any(), ..passage.source.clone() };
                (own, passage.destination.clone())
            }
        }
    }

    /// The ways of packets that go in `direction`, and of those that answer.
    fn paths(self, direction: Direction, stretch: Stretch) -> (Path, Path) {
        match (self.firewall.place, stretch, direction) {
            (Place::Gateway, Stretch::Whole, _) => (Path::Forward, Path::Forward),
            (Place::Gateway, Stretch::ToProxy, _) | (Place::Host, _, Direction::In) => {
                (Path::Input, Path::Output)
            }
            (Place::Gateway, Stretch::FromProxy, _) | (Place::Host, _, Direction::Out) => {
                (Path::Output, Path::Input)
            }
        }
    }

    /// The way of packets that go in `direction`, if no proxy takes them up.
    pub(super) fn path(self, direction: Direction) -> Path {
        self.paths(direction, Stretch::Whole).0
    }

    /// TCP packets from one end to the other, with any flags and in either direction of their connection.
    fn packets(
        self,
        (path, direction): (Path, Direction),
        (source, destination): (&Endpoint, &Endpoint),
        state: State,
        helper: Option<&str>,
        space: &mut Space,
    ) -> Result<PacketSet, TooComplex> {
        let interfaces = self.passing(path, direction, space)?;
        let factors = [
            interfaces,
            space.protocol(Protocol::Tcp)?,
            space.source(&source.addresses)?,
            space.destination(&destination.addresses)?,
            space.source_port(&source.ports)?,
            space.destination_port(&destination.ports)?,
            space.state(&[state])?,
            space.name(NameField::Helper, helper.unwrap_or_default())?,
            space.mark(0, u32::MAX)?,
            space.connection_mark(0, u32::MAX)?,
        ];
        let set = space.intersection_all(factors)?;
        if state == State::Established {
            return Ok(set);
        }
        let original = space.reply(false)?;
        space.intersection(set, original)
    }

    /// The packets that go in `direction` along `path`, by their interfaces.
    pub(super) fn passing(
        self,
        path: Path,
        direction: Direction,
        space: &mut Space,
    ) -> Result<PacketSet, TooComplex> {
        let Interfaces { outside, inside } = self.interfaces;
        let (arrive, leave) = match (self.firewall.place, direction) {
            (Place::Host, _) => (outside, outside),
            (Place::Gateway, Direction::In) => (outside, inside),
            (Place::Gateway, Direction::Out) => (inside, outside),
        };
        let arrive = if path == Path::Output { "" } else { arrive };
        let leave = if path == Path::Input { "" } else { leave };
        let arrive = space.name(NameField::InInterface, arrive)?;
        let leave = space.name(NameField::OutInterface, leave)?;
        space.intersection(arrive, leave)
    }
}

/// What the first packet of a translated connection has to be as it leaves.
fn leaving(passage: &Passage, space: &mut Space) -> Result<PacketSet, TooComplex> {
    match passage.translation {
        Some(Translation::Destination { private, .. }) => {
            let private = space.destination(&std::iter::once(IpNet::from(private)).collect())?;
            let ports = space.destination_port(&passage.destination.ports)?;
            space.intersection(private, ports)
        }
        Some(Translation::Source { public }) => space.source(&std::iter::once(IpNet::from(public)).collect()),
        None => Ok(PacketSet::FULL),
    }
}

/// Joins what is the same packets in different sessions.
pub(super) fn merged(all: Vec<Judged>) -> Vec<Judged> {
    let mut merged: Vec<Judged> = Vec::new();
    for one in all {
        let Crossing { flow, family, moment, packets, onward, .. } = one.crossing;
        let same = merged.iter_mut().map(|known| &mut known.crossing).find(|known| {
            (known.flow, known.family, known.moment) == (flow, family, moment)
                && (known.packets, known.onward) == (packets, onward)
                && !one.crossing.sessions.iter().any(|session| known.sessions.contains(session))
        });
        match same {
            Some(known) => known.sessions.extend(one.crossing.sessions),
            None => merged.push(one),
        }
    }
    merged
}

/// The other direction.
pub(super) fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::In => Direction::Out,
        Direction::Out => Direction::In,
    }
}

impl Crossing {
    /// Whether they are packets of a data connection.
    pub(super) fn is_data(&self) -> bool {
        self.flow.channel() == Channel::Data
    }

    /// Whether this is the packet that opens a connection.
    pub(super) fn opens(&self) -> bool {
        self.moment == Moment::First
    }
}
