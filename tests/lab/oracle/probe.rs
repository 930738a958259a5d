//! Random packets, in every situation that connection tracking tells apart.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use ftpfw::packet::{Family, Packet, Payload, Protocol, State};

use super::dice::Dice;
use super::frame::{Rest, packet, quotation, tag};
use super::place::{BOX, BOX_SECOND, HOSTS, INTERFACES, PORTS, address};
use super::range::Sent;

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;
const URG: u8 = 0x20;
const ECE: u8 = 0x40;
const CWR: u8 = 0x80;

/// What may begin a connection, or be taken for the middle of one that conntrack has missed
/// (`nf_conntrack_tcp_loose`).
const NEW: [u8; 6] = [SYN, SYN, SYN | ECE | CWR, ACK, PSH | ACK, URG | ACK];
/// What may come later.
const LATER: [u8; 4] = [ACK, PSH | ACK, URG | ACK, ECE | ACK];
/// What fits no connection that is not there, or is no combination at all (`tcp_conntracks`, `tcp_valid_flags` in
/// `nf_conntrack_proto_tcp.c`).
const INVALID: [u8; 8] = [0, SYN | ACK, RST, RST | ACK, FIN | ACK, SYN | FIN, SYN | RST, FIN | PSH | URG];

/// A protocol that means nothing to anybody (RFC 3692).
const EXPERIMENTAL: Protocol = Protocol::Other(254);

/// A packet to try, what has to have gone before, and how it looks to the rules.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    /// What it is known by where it arrives.
    pub(crate) number: u32,
    /// The packets that make it what it is, sent while there are no rules.
    pub(crate) prelude: Vec<Sent>,
    /// The packet on the wire.
    pub(crate) sent: Sent,
    /// The packet as the rules see it; the interface that it leaves by is for the routes to say.
    pub(crate) packet: Packet,
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.packet)
    }
}

/// One end of a connection.
#[derive(Debug, Clone, Copy)]
struct End {
    address: IpAddr,
    port: u16,
    /// The network that it sends from; `None` is the box.
    from: Option<usize>,
}

/// What tells connections apart: the protocol, both addresses, both ports.
type Tuple = (u8, IpAddr, u16, IpAddr, u16);

/// Draws probes of which no two are of one connection, even once their destinations are translated.
#[derive(Debug)]
pub(crate) struct Quiver<'d> {
    dice: &'d mut Dice,
    /// All tuples, both ways.
    tuples: BTreeSet<Tuple>,
    /// Who has sent: protocol, address, port. Translation may make two destinations one.
    senders: BTreeSet<(u8, IpAddr, u16)>,
    /// Who has been sent what has no ports: translation may make two sources one, and has nothing to tell them by.
    receivers: BTreeSet<IpAddr>,
}

impl<'d> Quiver<'d> {
    /// Nothing drawn yet.
    pub(crate) fn new(dice: &'d mut Dice) -> Self {
        Self { dice, tuples: BTreeSet::new(), senders: BTreeSet::new(), receivers: BTreeSet::new() }
    }

    /// Draws a probe, to be known by `number`.
    pub(crate) fn draw(&mut self, number: u32) -> Probe {
        let family = self.dice.pick(&Family::ALL);
        match self.dice.below(100) {
            0..44 => self.opening(family, number),
            44..50 => self.data(family, number),
            50..75 => self.later(family, number),
            75..85 => self.error(family, number),
            85..97 => self.invalid(family, number),
            _ => self.neighbour_discovery(number),
        }
    }

    /// The first packet of a connection.
    fn opening(&mut self, family: Family, number: u32) -> Probe {
        let protocol = self.protocol(family, true);
        let (from, to) = self.ends(protocol, family);
        let payload = self.first(protocol, from, to);
        probe(Vec::new(), from, to, payload, (1000, 0), number, State::New, false)
    }

    /// The first packet of a data connection that the helper expects, having read the control connection.
    fn data(&mut self, family: Family, number: u32) -> Probe {
        let Conversation { packets, client, server, passive, port } =
            self.conversation(family, 21, number, false);
        let (from, to) = if passive { (client, server) } else { (server, client) };
        let (from, to) = (End { port: own(42_000, number), ..from }, End { port, ..to });
        let payload = segment(from, to, SYN);
        let mut data = probe(packets, from, to, payload, (9000, 0), number, State::Related, false);
        data.packet.helper = Some("ftp".to_owned());
        data
    }

    /// A control connection on which a data connection is announced: what is sent, and its first packet as the rules
    /// see it. Whoever expects the data connection expects it at the port `expected_port(number)`.
    pub(crate) fn control(&mut self, number: u32) -> (Vec<Sent>, Packet) {
        let family = self.dice.pick(&Family::ALL);
        let port = self.dice.pick(&[21, 2121]);
        let extended = self.dice.chance(50);
        let Conversation { packets, client, server, .. } = self.conversation(family, port, number, extended);
        let first = segment(client, server, SYN);
        (packets, seen(client, server, first, State::New, false))
    }

    /// A control connection to `control_port`, up to the line that announces a data connection.
    fn conversation(
        &mut self,
        family: Family,
        control_port: u16,
        number: u32,
        extended: bool,
    ) -> Conversation {
        let (client, server) = self.ends(Protocol::Tcp, family);
        // Ports that no other probe has, or another one might be taken for the expected connection.
        let client = End { port: own(20_000, number), ..client };
        let control = End { port: control_port, ..server };
        let mut packets = connection(Protocol::Tcp, client, control, number, true);
        let mut sequence = [1001, 5001];
        let mut say = |by_client: bool, line: &str| {
            let (from, to) = if by_client { (client, control) } else { (control, client) };
            let [mut own, mut others] = sequence;
            if !by_client {
                std::mem::swap(&mut own, &mut others);
            }
            let rest = Rest { sequence: (own, others), icmp: [0; 4], data: line.as_bytes() };
            let payload = segment(from, to, PSH | ACK);
            packets.push(Sent { from: from.from, bytes: packet(from.address, to.address, payload, rest) });
            sequence[usize::from(!by_client)] += u32::try_from(line.len()).expect("a short line");
        };
        // The helper looks at what begins a line, and has to have seen the one before.
        say(false, "220 ready\r\n");
        say(true, "NOOP\r\n");
        let port = expected_port(number);
        let passive = self.dice.chance(50);
        let comma = |address: IpAddr| format!("{address},{},{}", port >> 8, port & 0xff).replace('.', ",");
        let extended = extended || family == Family::Ipv6;
        match (passive, family) {
            (true, _) if extended => say(false, &format!("229 here (|||{port}|)\r\n")),
            (true, _) => say(false, &format!("227 here ({}).\r\n", comma(server.address))),
            (false, Family::Ipv4) if extended => {
                say(true, &format!("EPRT |1|{}|{port}|\r\n", client.address));
            }
            (false, Family::Ipv4) => say(true, &format!("PORT {}\r\n", comma(client.address))),
            (false, Family::Ipv6) => say(true, &format!("EPRT |2|{}|{port}|\r\n", client.address)),
        }
        Conversation { packets, client, server: control, passive, port }
    }

    /// A later packet of a connection that has been answered.
    fn later(&mut self, family: Family, number: u32) -> Probe {
        let protocol = self.protocol(family, false);
        let (from, to) = self.ends(protocol, family);
        let prelude = connection(protocol, from, to, number, true);
        let reply = self.dice.chance(50);
        let (from, to, sequence) = if reply { (to, from, (5001, 1001)) } else { (from, to, (1001, 5001)) };
        let payload = match protocol {
            Protocol::Tcp => segment(from, to, self.dice.pick(&LATER)),
            Protocol::Icmp | Protocol::Icmpv6 => echo(protocol, reply),
            _ => datagram(from, to),
        };
        probe(prelude, from, to, payload, sequence, number, State::Established, reply)
    }

    /// An ICMP error about a connection, to either end of it.
    fn error(&mut self, family: Family, number: u32) -> Probe {
        let protocol = self.dice.pick(&[Protocol::Tcp, Protocol::Udp]);
        let (from, to) = self.ends(protocol, family);
        let prelude = connection(protocol, from, to, number, self.dice.chance(50));
        // A packet of the first sender is quoted to the first sender: the error goes the way of replies.
        let reply = self.dice.chance(50);
        let (to, from) = if reply { (from, to) } else { (to, from) };
        let error = self.error_about(to, from, protocol, number);
        Probe { prelude, ..error.into_probe(State::Related, reply) }
    }

    /// A packet that fits nothing.
    fn invalid(&mut self, family: Family, number: u32) -> Probe {
        let (from, to) = self.ends(Protocol::Tcp, family);
        match self.dice.below(3) {
            0 => self.error_about(to, from, Protocol::Tcp, number).into_probe(State::Invalid, false),
            1 => {
                let payload = echo(icmp_of(family), true);
                probe(Vec::new(), from, to, payload, (1000, 0), number, State::Invalid, false)
            }
            _ => {
                let payload = segment(from, to, self.dice.pick(&INVALID));
                probe(Vec::new(), from, to, payload, (1000, 0), number, State::Invalid, false)
            }
        }
    }

    /// A message that connection tracking never looks at (`nf_conntrack_icmpv6_error`).
    fn neighbour_discovery(&mut self, number: u32) -> Probe {
        let (from, to) = self.ends(Protocol::Tcp, Family::Ipv6);
        let kind = self.dice.pick(&[133, 134, 135, 136]);
        let payload = Payload::Icmp { protocol: Protocol::Icmpv6, kind, code: 0 };
        probe(Vec::new(), from, to, payload, (0, 0), number, State::Untracked, false)
    }

    /// An error by `reporter` that quotes a packet of `sender` to it.
    fn error_about(&mut self, sender: End, reporter: End, protocol: Protocol, number: u32) -> IcmpError {
        let payload = match protocol {
            Protocol::Tcp => segment(sender, reporter, SYN),
            _ => datagram(sender, reporter),
        };
        let quoted = packet(sender.address, reporter.address, payload, Rest::default());
        let family = Family::of(sender.address);
        let (kind, code) = match family {
            Family::Ipv4 => self.dice.pick(&[(3, 1), (3, 3), (11, 0)]),
            Family::Ipv6 => self.dice.pick(&[(1, 3), (1, 4), (3, 0)]),
        };
        let payload = Payload::Icmp { protocol: icmp_of(family), kind, code };
        IcmpError { from: reporter, to: sender, payload, quoted: quotation(&quoted).to_vec(), number }
    }

    fn protocol(&mut self, family: Family, any: bool) -> Protocol {
        match self.dice.below(100) {
            0..55 => Protocol::Tcp,
            55..80 => Protocol::Udp,
            80..95 => icmp_of(family),
            // Translation at both ends could make two of these one: they have no ports to keep them apart.
            _ if any && self.receivers.is_empty() => EXPERIMENTAL,
            _ => Protocol::Tcp,
        }
    }

    /// The first packet of a connection.
    fn first(&mut self, protocol: Protocol, from: End, to: End) -> Payload {
        match protocol {
            Protocol::Tcp => segment(from, to, self.dice.pick(&NEW)),
            Protocol::Icmp | Protocol::Icmpv6 => echo(protocol, false),
            Protocol::Udp => datagram(from, to),
            Protocol::Other(_) => Payload::Other(protocol),
        }
    }

    /// Two ends that have not met.
    fn ends(&mut self, protocol: Protocol, family: Family) -> (End, End) {
        loop {
            let way = self.dice.below(3);
            let from = self.end(family, way == 0);
            let to = self.end(family, way == 1);
            // Nobody listens in the box for protocols that have no socket there.
            let unseen = protocol == EXPERIMENTAL && to.from.is_none();
            if from.address == to.address || unseen {
                continue;
            }
            // Connections that have no ports are told apart by the identifier, or not at all.
            let [from_port, to_port] = match protocol {
                Protocol::Tcp | Protocol::Udp => [from.port, to.port],
                Protocol::Icmp | Protocol::Icmpv6 => return (from, to),
                Protocol::Other(_) => [0, 0],
            };
            let number = protocol.number();
            let tuple = (number, from.address, from_port, to.address, to_port);
            let answer = (number, to.address, to_port, from.address, from_port);
            let sender = (number, from.address, from_port);
            let portless = protocol == EXPERIMENTAL;
            let taken = self.tuples.contains(&tuple)
                || self.senders.contains(&sender)
                || (portless && self.receivers.contains(&to.address));
            if !taken {
                self.tuples.extend([tuple, answer]);
                self.senders.insert(sender);
                self.receivers.extend(portless.then_some(to.address));
                return (from, to);
            }
        }
    }

    fn end(&mut self, family: Family, is_box: bool) -> End {
        let network = self.dice.below(INTERFACES.len());
        // Among so many, the boundaries would run out.
        let any = u16::try_from(self.dice.below(65_535)).expect("16 bits") + 1;
        let port = if self.dice.chance(70) { self.dice.pick(&PORTS) } else { any };
        if is_box {
            let own = self.dice.pick(&[BOX, BOX_SECOND]);
            return End { address: address(family, network, own), port, from: None };
        }
        // A few come in where they do not belong.
        let from = if self.dice.chance(15) { self.dice.below(INTERFACES.len()) } else { network };
        End { address: address(family, network, self.dice.pick(&HOSTS)), port, from: Some(from) }
    }
}

/// A control connection, and the data connection that is announced on it.
struct Conversation {
    packets: Vec<Sent>,
    client: End,
    server: End,
    /// Whether the client opens the data connection.
    passive: bool,
    /// Where the data connection is expected.
    port: u16,
}

/// The port at which the data connection of a probe is expected, which no other probe has.
pub(crate) fn expected_port(number: u32) -> u16 {
    own(41_000, number)
}

/// A port that no other probe has.
fn own(first: u16, number: u32) -> u16 {
    first + u16::try_from(number).expect("there are few probes")
}

/// An ICMP error on its way.
struct IcmpError {
    from: End,
    to: End,
    payload: Payload,
    quoted: Vec<u8>,
    number: u32,
}

impl IcmpError {
    fn into_probe(self, state: State, reply: bool) -> Probe {
        let Self { from, to, payload, mut quoted, number } = self;
        quoted.extend(tag(number));
        let rest = Rest { data: &quoted, ..Rest::default() };
        let bytes = packet(from.address, to.address, payload, rest);
        Probe {
            number,
            prelude: Vec::new(),
            sent: Sent { from: from.from, bytes },
            packet: seen(from, to, payload, state, reply),
        }
    }
}

/// The packets that a connection begins with.
fn connection(protocol: Protocol, from: End, to: End, number: u32, answered: bool) -> Vec<Sent> {
    let icmp = identifier(number);
    let sent = |from: End, to: End, payload, sequence| {
        let rest = Rest { sequence, icmp, data: &[] };
        Sent { from: from.from, bytes: packet(from.address, to.address, payload, rest) }
    };
    let mut packets = match protocol {
        Protocol::Tcp => vec![
            sent(from, to, segment(from, to, SYN), (1000, 0)),
            sent(to, from, segment(to, from, SYN | ACK), (5000, 1001)),
            sent(from, to, segment(from, to, ACK), (1001, 5001)),
        ],
        Protocol::Icmp | Protocol::Icmpv6 => {
            vec![sent(from, to, echo(protocol, false), (0, 0)), sent(to, from, echo(protocol, true), (0, 0))]
        }
        _ => vec![sent(from, to, datagram(from, to), (0, 0)), sent(to, from, datagram(to, from), (0, 0))],
    };
    if !answered {
        packets.truncate(1);
    }
    packets
}

#[expect(clippy::too_many_arguments, reason = "each is one thing that makes a probe what it is")]
fn probe(
    prelude: Vec<Sent>,
    from: End,
    to: End,
    payload: Payload,
    sequence: (u32, u32),
    number: u32,
    state: State,
    reply: bool,
) -> Probe {
    let rest = Rest { sequence, icmp: identifier(number), data: &tag(number) };
    let bytes = packet(from.address, to.address, payload, rest);
    Probe {
        number,
        prelude,
        sent: Sent { from: from.from, bytes },
        packet: seen(from, to, payload, state, reply),
    }
}

/// The packet as rules see it.
fn seen(from: End, to: End, payload: Payload, state: State, reply: bool) -> Packet {
    Packet {
        source: from.address,
        destination: to.address,
        payload,
        state,
        reply,
        helper: None,
        in_interface: from.from.map_or(String::new(), |network| INTERFACES[network].to_owned()),
        out_interface: String::new(),
        mark: 0,
        connection_mark: 0,
    }
}

fn segment(from: End, to: End, flags: u8) -> Payload {
    Payload::Tcp { source_port: from.port, destination_port: to.port, flags }
}

fn datagram(from: End, to: End) -> Payload {
    Payload::Ports { protocol: Protocol::Udp, source_port: from.port, destination_port: to.port }
}

fn echo(protocol: Protocol, reply: bool) -> Payload {
    let kind = match (protocol, reply) {
        (Protocol::Icmp, false) => 8,
        (Protocol::Icmp, true) => 0,
        (_, false) => 128,
        (_, true) => 129,
    };
    Payload::Icmp { protocol, kind, code: 0 }
}

fn icmp_of(family: Family) -> Protocol {
    match family {
        Family::Ipv4 => Protocol::Icmp,
        Family::Ipv6 => Protocol::Icmpv6,
    }
}

/// The second half of an echo's header: its identifier tells connections apart.
fn identifier(number: u32) -> [u8; 4] {
    let [.., high, low] = number.to_be_bytes();
    [high, low, 0, 1]
}
