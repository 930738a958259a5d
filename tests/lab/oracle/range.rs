//! The shooting range: a box whose rules are in question, and a world of frames around it.
//!
//! ```text
//!  world lan0 ──────── lan0 ┌─────┐
//!  world lan1 ──────── lan1 │ box │   10.7.{0,1,2}.0/24, fd07:0:0:{0,1,2}::/64
//!  world wan0 ──────── wan0 └─────┘
//! ```
//!
//! The world has no addresses and never answers: what it sends are frames made by hand, what reaches it is only looked
//! at. The box knows its neighbours' link-layer addresses, so that nothing has to be asked. What its own kernel would
//! say to the probes (resets, errors) does not leave it: see [`lab_rules`].
//!
//! Nothing waits for a packet that may not come. Everything runs on one processor ([`crate::cpu`]), where frames
//! overtake each other nowhere; so two fences, a frame that no firewall sees into the box and one out of it, prove
//! that whatever was sent before them has arrived or never will.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::process::Command;

use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrStorage, bind, recv, send, sendto,
    setsockopt, socket, sockopt,
};
use nix::sys::time::TimeVal;
use tempfile::TempDir;

use ftpfw::packet::Family;

use super::frame::{TTL, destination, ethernet, number};
use super::place::{BOX, BOX_SECOND, HOSTS, INTERFACES, LED_TO, SETS, address};
use crate::command::run;
use crate::cpu::Confinement;
use crate::namespace::Namespace;
use crate::owned::folder;

/// The rules that are always there and decide on no probe: they silence the box's own kernel, which is the only one to
/// send with a time to live that is not [`TTL`], and have connection tracking watch from the start.
pub(crate) fn lab_rules() -> String {
    format!(
        "flush ruleset\n\
         table inet lab {{\n\
         chain silence {{ type filter hook output priority -500; ip ttl != {TTL} drop; ip6 hoplimit != {TTL} drop; }}\n\
         chain watch {{ type filter hook forward priority 500; ct state new; }}\n\
         }}\n"
    )
}

/// Attaches the helper to every control connection, while there are no other rules: see [`super::probe`].
pub(crate) const HELPER_RULES: &str = "\
table inet helper {
	ct helper ftp { type \"ftp\" protocol tcp; }
	chain arriving { type filter hook prerouting priority -190; tcp dport 21 ct helper set \"ftp\"; }
	chain leaving { type filter hook output priority -190; tcp dport 21 ct helper set \"ftp\"; }
}
";

/// Memory for what arrives before it is looked at: a thousand packets take about one megabyte.
const BUFFER: usize = 32 << 20;

/// How long a fence may take; it takes microseconds.
const PATIENCE: i64 = 20;

/// The type of the frames that fences are (IEEE 802, local experiments): nothing in the kernel takes them.
const FENCE: [u8; 2] = [0x88, 0xb5];

/// A packet, and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// The network that it comes in from; `None` for the box itself.
    pub(crate) from: Option<usize>,
    /// The IP packet.
    pub(crate) bytes: Vec<u8>,
}

/// The numbers of the probes that were seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// In the box, let in by its rules.
    pub(crate) inside: BTreeSet<u32>,
    /// In the world.
    pub(crate) outside: BTreeSet<u32>,
}

/// The box, the world, and the sockets in both.
#[derive(Debug)]
pub(crate) struct Range {
    /// The machine with the rules.
    pub(crate) target: Namespace,
    /// The rest; its sockets keep nothing alive.
    _world: Namespace,
    /// The world's ends of the networks, to send by.
    networks: Vec<OwnedFd>,
    /// Everything that passes any of them.
    watch: OwnedFd,
    /// What the box lets in, a socket for each protocol and family.
    observers: Vec<OwnedFd>,
    /// What the box sends: IPv4, IPv6.
    senders: [OwnedFd; 2],
    /// The box's ends of the fences: incoming, outgoing.
    fence_in: OwnedFd,
    fence_out: OwnedFd,
    fences: u32,
    lock: TempDir,
    _confinement: Confinement,
}

impl Range {
    /// Builds it, without rules.
    ///
    /// # Panics
    ///
    /// When the system refuses any part of it.
    pub(crate) fn new() -> Self {
        let confinement = Confinement::new();
        let world = Namespace::new("world");
        let target = Namespace::new("box");
        configure(&world, &target);
        let (networks, watch) = world.enter(|| {
            let networks = INTERFACES.map(|interface| link_socket(interface, None)).into();
            (networks, packet_socket(Some(SockProtocol::EthAll)))
        });
        let (observers, senders, fence_in, fence_out) = target.enter(|| {
            let observers = [
                (AddressFamily::Inet, SockProtocol::Tcp),
                (AddressFamily::Inet, SockProtocol::Udp),
                (AddressFamily::Inet, SockProtocol::Icmp),
                (AddressFamily::Inet6, SockProtocol::Tcp),
                (AddressFamily::Inet6, SockProtocol::Udp),
                (AddressFamily::Inet6, SockProtocol::IcmpV6),
            ];
            let observers = observers
                .map(|(family, protocol)| raw_socket(family, protocol, SockFlag::SOCK_NONBLOCK))
                .into();
            // Of this protocol, the caller brings the IP header.
            let senders = [AddressFamily::Inet, AddressFamily::Inet6]
                .map(|family| raw_socket(family, SockProtocol::Raw, SockFlag::empty()));
            let fence = link_socket(INTERFACES[0], Some(SockProtocol::EthAll));
            (observers, senders, fence, link_socket(INTERFACES[0], None))
        });
        for socket in [&watch, &fence_in] {
            setsockopt(socket, sockopt::ReceiveTimeout, &TimeVal::new(PATIENCE, 0)).expect("a timeout");
        }
        Self {
            target,
            _world: world,
            networks,
            watch,
            observers,
            senders,
            fence_in,
            fence_out,
            fences: 0,
            lock: folder("lock"),
            _confinement: confinement,
        }
    }

    /// The lock file for the legacy back end.
    pub(crate) fn lock(&self) -> PathBuf {
        self.lock.path().join("lock")
    }

    /// Sends a packet.
    ///
    /// # Panics
    ///
    /// When the system refuses for another reason than the rules.
    pub(crate) fn send(&self, sent: &Sent) {
        let outcome = if let Some(network) = sent.from {
            let frame = ethernet(box_mac(network), world_mac(network), &sent.bytes);
            send(self.networks[network].as_raw_fd(), &frame, MsgFlags::empty())
        } else {
            let to = destination(&sent.bytes);
            let sender = &self.senders[usize::from(to.is_ipv6())];
            sendto(sender.as_raw_fd(), &sent.bytes, &SockaddrStorage::from(to), MsgFlags::empty())
        };
        match outcome {
            // EPERM is the answer of the box's own rules.
            Ok(_) | Err(Errno::EPERM) => {}
            Err(error) => panic!("cannot send {sent:?}: {error}"),
        }
    }

    /// What has arrived of all that was sent, since this was last asked.
    ///
    /// # Panics
    ///
    /// When a fence does not come through.
    pub(crate) fn seen(&mut self) -> Seen {
        let mut seen = Seen::default();
        let mut buffer = [0; 2048];
        self.fences += 1;
        let fence = |to: [u8; 6]| [&to[..], &[0; 6], &FENCE, &self.fences.to_be_bytes()].concat();

        let inwards = fence(box_mac(0));
        send(self.networks[0].as_raw_fd(), &inwards, MsgFlags::empty()).expect("a fence into the box");
        while receive(&self.fence_in, &mut buffer).expect("the fence comes into the box") != inwards {}
        for observer in &self.observers {
            while let Some(packet) = receive(observer, &mut buffer) {
                seen.inside.extend(number(packet));
            }
        }

        let outwards = fence(world_mac(0));
        send(self.fence_out.as_raw_fd(), &outwards, MsgFlags::empty()).expect("a fence out of the box");
        loop {
            let frame = receive(&self.watch, &mut buffer).expect("the fence comes out of the box");
            if frame == outwards {
                return seen;
            }
            // What the world itself sends passes by here too.
            if (0..INTERFACES.len()).any(|network| frame.starts_with(&world_mac(network))) {
                seen.outside.extend(number(frame));
            }
        }
    }
}

/// The next that a socket has received, if there is anything.
fn receive<'b>(socket: &OwnedFd, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    loop {
        match recv(socket.as_raw_fd(), buffer, MsgFlags::empty()) {
            Ok(length) => return Some(&buffer[..length]),
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => return None,
            Err(error) => panic!("cannot receive: {error}"),
        }
    }
}

/// Links, addresses, neighbours.
fn configure(world: &Namespace, target: &Namespace) {
    world.set(&[("ipv6/conf/all/disable_ipv6", "1"), ("ipv6/conf/default/disable_ipv6", "1")]);
    target.set(&[
        ("ipv4/ip_forward", "1"),
        ("ipv6/conf/all/forwarding", "1"),
        ("ipv4/conf/all/rp_filter", "0"),
        ("ipv4/conf/default/rp_filter", "0"),
        ("ipv4/conf/all/send_redirects", "0"),
        ("ipv4/conf/default/send_redirects", "0"),
    ]);
    let mut box_links = String::from("link set lo up\n");
    let mut world_links = String::new();
    for (network, interface) in INTERFACES.iter().enumerate() {
        let (inner, outer) = (mac(box_mac(network)), mac(world_mac(network)));
        run(Command::new("ip")
            .args([
                "link",
                "add",
                "name",
                interface,
                "address",
                &outer,
                "netns",
                world.name(),
                "type",
                "veth",
            ])
            .args(["peer", "name", interface, "address", &inner, "netns", target.name()]));
        let _ = writeln!(world_links, "link set {interface} up");
        let _ = writeln!(box_links, "link set {interface} up");
        for (family, length, nodad) in [(Family::Ipv4, 24, ""), (Family::Ipv6, 64, " nodad")] {
            for own in [BOX, BOX_SECOND] {
                let own = address(family, network, own);
                let _ = writeln!(box_links, "address add {own}/{length} dev {interface}{nodad}");
            }
            for host in HOSTS.into_iter().chain(LED_TO) {
                let other = address(family, network, host);
                let _ =
                    writeln!(box_links, "neighbour add {other} lladdr {outer} dev {interface} nud permanent");
            }
        }
    }
    world.configure(&world_links);
    target.configure(&box_links);
    target.enter(|| crate::command::feed(Command::new("ipset").arg("restore"), SETS));
    target.enter(|| crate::command::feed(Command::new("nft").args(["-f", "-"]), &lab_rules()));
    // Known only once connection tracking is there. Sequence numbers of connections are not what is tried here.
    target.set(&[("netfilter/nf_conntrack_tcp_be_liberal", "1"), ("netfilter/nf_conntrack_tcp_loose", "1")]);
}

fn box_mac(network: usize) -> [u8; 6] {
    [2, 0, 0, 0, 1, u8::try_from(network).expect("there are three networks")]
}

/// The link-layer address of the world in a network.
pub(crate) fn world_mac(network: usize) -> [u8; 6] {
    [2, 0, 0, 0, 2, u8::try_from(network).expect("there are three networks")]
}

/// A link-layer address, as programs write it.
pub(crate) fn mac(bytes: [u8; 6]) -> String {
    bytes.map(|byte| format!("{byte:02x}")).join(":")
}

/// A socket for the frames of one interface, to send and, given a protocol, to receive.
fn link_socket(interface: &str, protocol: Option<SockProtocol>) -> OwnedFd {
    let socket = packet_socket(protocol);
    let link = getifaddrs()
        .expect("the interfaces")
        .filter(|found| found.interface_name == interface)
        .find_map(|found| found.address?.as_link_addr().copied())
        .unwrap_or_else(|| panic!("no interface {interface}"));
    bind(socket.as_raw_fd(), &link).unwrap_or_else(|error| panic!("bind to {interface}: {error}"));
    socket
}

/// A socket for the frames of all interfaces; without a protocol, it receives none.
fn packet_socket(protocol: Option<SockProtocol>) -> OwnedFd {
    let socket = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, protocol);
    roomy(socket.unwrap_or_else(|error| panic!("a packet socket: {error}")))
}

fn raw_socket(family: AddressFamily, protocol: SockProtocol, flags: SockFlag) -> OwnedFd {
    let socket = socket(family, SockType::Raw, flags | SockFlag::SOCK_CLOEXEC, protocol);
    roomy(socket.unwrap_or_else(|error| panic!("a raw socket: {error}")))
}

fn roomy(socket: OwnedFd) -> OwnedFd {
    setsockopt(&socket, sockopt::RcvBufForce, &BUFFER).expect("root may ask for memory");
    socket
}
