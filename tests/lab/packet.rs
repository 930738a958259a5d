//! The packets that probes consist of, made by hand: so they need no socket of their kind, and no port that is free.

use std::net::{IpAddr, SocketAddr};

use nix::sys::socket::SockProtocol;

use crate::plan::Family;

/// A packet that no connection stands behind, or not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packet {
    /// TCP: the first segment of a connection.
    Syn,
    /// TCP: a segment out of the middle of a connection that nobody opened. To conntrack it is as new as a SYN.
    Ack,
    /// UDP.
    Datagram,
    /// ICMP: an echo request.
    Echo,
    /// ICMP: an error about a connection that does not exist.
    Unreachable,
}

/// Marks the packets of probes: the identifier of an echo request, the first half of a sequence number.
const MARK: u16 = 0x4654;

const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

/// The numbers of protocols in IP headers.
const TCP: u8 = 6;
const UDP: u8 = 17;

/// The lengths of headers, in bytes.
const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
const ICMP_HEADER: usize = 8;

impl Packet {
    /// The name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Syn => "tcp",
            Self::Ack => "tcp ack",
            Self::Datagram => "udp",
            Self::Echo => "icmp echo",
            Self::Unreachable => "icmp unreachable",
        }
    }

    /// The protocol of a raw socket for it.
    pub(crate) fn protocol(self, family: Family) -> SockProtocol {
        match (self, family) {
            (Self::Syn | Self::Ack, _) => SockProtocol::Tcp,
            (Self::Datagram, _) => SockProtocol::Udp,
            (Self::Echo | Self::Unreachable, Family::V4) => SockProtocol::Icmp,
            (Self::Echo | Self::Unreachable, Family::V6) => SockProtocol::IcmpV6,
        }
    }

    /// What follows the IP header.
    pub(crate) fn bytes(self, source: SocketAddr, destination: SocketAddr) -> Vec<u8> {
        match self {
            Self::Syn => transport(TCP, source, destination, &tcp(source, destination, SYN), 16),
            Self::Ack => transport(TCP, source, destination, &tcp(source, destination, ACK), 16),
            Self::Datagram => transport(UDP, source, destination, &udp(source, destination), 6),
            Self::Echo => {
                let kind = if source.is_ipv4() { 8 } else { 128 };
                let [high, low] = MARK.to_be_bytes();
                icmp(kind, 0, [high, low, 0, 1], b"probe")
            }
            Self::Unreachable => {
                let (kind, code) = if source.is_ipv4() { (3, 1) } else { (1, 3) };
                icmp(kind, code, [0; 4], &quotation(destination.ip(), source.ip()))
            }
        }
    }

    /// Whether this is what a raw socket received, to `port` if such packets have ports. `received` begins
    /// with the IP header in IPv4 and after it in IPv6, as raw sockets have it.
    pub(crate) fn is(self, received: &[u8], family: Family, port: u16) -> bool {
        let (header, quoted) = match family {
            // The length is in the first byte, in words of four bytes.
            Family::V4 => {
                (received.first().map_or(0, |first| usize::from(first & 0x0f) * 4), ICMP_HEADER + IPV4_HEADER)
            }
            Family::V6 => (0, ICMP_HEADER + IPV6_HEADER),
        };
        let payload = received.get(header..).unwrap_or_default();
        let byte = |index: usize| payload.get(index).copied();
        let word = |index: usize| Some(u16::from_be_bytes([byte(index)?, byte(index + 1)?]));
        // The flags come with the mark: segments of fences may go to the same port.
        let segment = |flags: u8| word(2) == Some(port) && word(4) == Some(MARK) && byte(13) == Some(flags);
        match (self, family) {
            (Self::Syn, _) => segment(SYN),
            (Self::Ack, _) => segment(ACK),
            (Self::Datagram, _) => word(2) == Some(port),
            (Self::Echo, Family::V4) => byte(0) == Some(8) && word(4) == Some(MARK),
            (Self::Echo, Family::V6) => byte(0) == Some(128) && word(4) == Some(MARK),
            (Self::Unreachable, Family::V4) => byte(0) == Some(3) && word(quoted) == Some(MARK),
            (Self::Unreachable, Family::V6) => byte(0) == Some(1) && word(quoted) == Some(MARK),
        }
    }
}

/// A TCP segment without options and data, and yet without its checksum.
fn tcp(source: SocketAddr, destination: SocketAddr, flags: u8) -> Vec<u8> {
    let mut segment = Vec::new();
    segment.extend(source.port().to_be_bytes());
    segment.extend(destination.port().to_be_bytes());
    segment.extend(MARK.to_be_bytes());
    // The rest of the sequence number, the acknowledgement number, the header's length in words, a window,
    // the checksum, the urgent pointer.
    segment.extend([0, 1, 0, 0, 0, 0, 5 << 4, flags, 0xff, 0xff, 0, 0, 0, 0]);
    segment
}

/// A UDP datagram, yet without its checksum.
fn udp(source: SocketAddr, destination: SocketAddr) -> Vec<u8> {
    let mut datagram = Vec::new();
    datagram.extend(source.port().to_be_bytes());
    datagram.extend(destination.port().to_be_bytes());
    datagram.extend([0, 8, 0, 0]);
    datagram
}

/// Puts in the checksum, which covers a part of the IP header too (RFC 9293 §3.1, RFC 8200 §8.1). Were
/// it wrong, conntrack would call the packet invalid rather than new.
fn transport(protocol: u8, source: SocketAddr, destination: SocketAddr, packet: &[u8], at: usize) -> Vec<u8> {
    let mut covered = octets(source.ip());
    covered.extend(octets(destination.ip()));
    covered.extend([0, protocol]);
    covered.extend(u16::try_from(packet.len()).unwrap_or_default().to_be_bytes());
    covered.extend(packet);
    with_checksum(packet, &covered, at)
}

/// An ICMP message of either family.
fn icmp(kind: u8, code: u8, rest: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut message = vec![kind, code, 0, 0];
    message.extend(rest);
    message.extend(data);
    // In IPv6 the kernel replaces it by the right one (RFC 3542 §3.1).
    with_checksum(&message, &message, 2)
}

/// The TCP packet that an ICMP error quotes, sent by `source`.
fn quotation(source: IpAddr, destination: IpAddr) -> Vec<u8> {
    let mut header = match source {
        IpAddr::V4(_) => vec![0x45, 0, 0, 40, 0, 0, 0, 0, 64, TCP, 0, 0],
        IpAddr::V6(_) => vec![0x60, 0, 0, 0, 0, 20, TCP, 64],
    };
    header.extend(octets(source));
    header.extend(octets(destination));
    if source.is_ipv4() {
        header = with_checksum(&header, &header, 10);
    }
    header.extend(tcp(SocketAddr::new(source, MARK), SocketAddr::new(destination, MARK), SYN));
    header
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// `packet` with the Internet checksum (RFC 1071) of `covered` at a place where there are zeroes so far.
fn with_checksum(packet: &[u8], covered: &[u8], at: usize) -> Vec<u8> {
    let words = covered.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let checksum = !u16::try_from(sum).unwrap_or_default();
    let mut packet = packet.to_vec();
    packet.splice(at..at + 2, checksum.to_be_bytes());
    packet
}
