//! Packets, made by hand down to the checksums: connection tracking calls one with a wrong checksum invalid.

use std::net::{IpAddr, SocketAddr};

use ftpfw::packet::{Payload, Protocol};

/// The time to live of every packet here. The box's own kernel uses another; see [`super::range`].
pub(crate) const TTL: u8 = 77;

/// What a probe ends with, before its number.
const MARK: [u8; 4] = *b"orcl";

/// How many bytes of a probe its number takes.
pub(crate) const TAG: usize = 8;

/// The end of a probe, by which it is known wherever it arrives, whatever is translated on the way.
pub(crate) fn tag(number: u32) -> [u8; TAG] {
    let mut tag = [0; TAG];
    tag[..4].copy_from_slice(&MARK);
    tag[4..].copy_from_slice(&number.to_be_bytes());
    tag
}

/// The number of a probe.
pub(crate) fn number(received: &[u8]) -> Option<u32> {
    let number = received.last_chunk::<TAG>()?.strip_prefix(&MARK)?;
    Some(u32::from_be_bytes(number.try_into().ok()?))
}

/// What is in a packet beside its addresses and [`Payload`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rest<'a> {
    /// TCP: the sequence number and the acknowledgement number.
    pub(crate) sequence: (u32, u32),
    /// ICMP: the second half of the header, the identifier of an echo among it.
    pub(crate) icmp: [u8; 4],
    /// What follows.
    pub(crate) data: &'a [u8],
}

/// An IP packet.
pub(crate) fn packet(source: IpAddr, destination: IpAddr, payload: Payload, rest: Rest<'_>) -> Vec<u8> {
    let Rest { sequence, icmp, data } = rest;
    let (mut body, checksum_at) = match payload {
        Payload::Tcp { source_port, destination_port, flags } => {
            let mut segment = Vec::new();
            segment.extend(source_port.to_be_bytes());
            segment.extend(destination_port.to_be_bytes());
            segment.extend(sequence.0.to_be_bytes());
            segment.extend(sequence.1.to_be_bytes());
            // The header's length in words, the window, the checksum, the urgent pointer.
            segment.extend([5 << 4, flags, 0x40, 0, 0, 0, 0, 0]);
            (segment, Some(16))
        }
        Payload::Ports { source_port, destination_port, .. } => {
            let mut datagram = Vec::new();
            datagram.extend(source_port.to_be_bytes());
            datagram.extend(destination_port.to_be_bytes());
            datagram.extend(length(8 + data.len()));
            datagram.extend([0, 0]);
            (datagram, Some(6))
        }
        Payload::Icmp { kind, code, .. } => {
            let mut message = vec![kind, code, 0, 0];
            message.extend(icmp);
            (message, Some(2))
        }
        Payload::Other(_) => (Vec::new(), None),
    };
    body.extend(data);
    let protocol = payload.protocol();
    if let Some(at) = checksum_at {
        // RFC 792: ICMP over IPv4 is alone in not covering the addresses.
        let mut covered = if protocol == Protocol::Icmp {
            Vec::new()
        } else {
            let pseudo = [octets(source), octets(destination)].concat();
            [pseudo, vec![0, protocol.number()], length(body.len()).to_vec()].concat()
        };
        covered.extend(&body);
        body.splice(at..at + 2, checksum(&covered));
    }
    let mut packet = header(source, destination, protocol.number(), body.len());
    packet.extend(body);
    packet
}

/// The ICMP error that says of a packet that it could not be delivered; it goes back to its source.
pub(crate) fn quotation(packet: &[u8]) -> &[u8] {
    // The header and eight bytes are what has to be quoted (RFC 792).
    let header = if packet.first().is_some_and(|first| first >> 4 == 4) { 20 } else { 40 };
    &packet[..packet.len().min(header + 8)]
}

fn header(source: IpAddr, destination: IpAddr, protocol: u8, body: usize) -> Vec<u8> {
    let mut header = match source {
        IpAddr::V4(_) => {
            let [high, low] = length(20 + body);
            vec![0x45, 0, high, low, 0, 1, 0, 0, TTL, protocol, 0, 0]
        }
        IpAddr::V6(_) => {
            let [high, low] = length(body);
            vec![0x60, 0, 0, 0, high, low, protocol, TTL]
        }
    };
    header.extend(octets(source));
    header.extend(octets(destination));
    if source.is_ipv4() {
        let sum = checksum(&header);
        header.splice(10..12, sum);
    }
    header
}

/// A packet for an IPv6 or IPv4 interface of the box, from outside.
pub(crate) fn ethernet(destination: [u8; 6], source: [u8; 6], packet: &[u8]) -> Vec<u8> {
    let kind: [u8; 2] = if packet[0] >> 4 == 4 { [0x08, 0x00] } else { [0x86, 0xdd] };
    [&destination[..], &source, &kind, packet].concat()
}

/// The end of a packet that an Ethernet frame carries, for a socket that names it.
pub(crate) fn destination(packet: &[u8]) -> SocketAddr {
    let address = if packet[0] >> 4 == 4 {
        IpAddr::from(<[u8; 4]>::try_from(&packet[16..20]).expect("a whole header"))
    } else {
        IpAddr::from(<[u8; 16]>::try_from(&packet[24..40]).expect("a whole header"))
    };
    SocketAddr::new(address, 0)
}

fn length(bytes: usize) -> [u8; 2] {
    u16::try_from(bytes).expect("a short packet").to_be_bytes()
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The Internet checksum (RFC 1071).
fn checksum(covered: &[u8]) -> [u8; 2] {
    let words = covered.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!u16::try_from(sum).expect("folded to 16 bits")).to_be_bytes()
}
