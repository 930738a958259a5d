//! A packet as people and programs write it down: a JSON object, or `key=value` pairs.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::Path;
use crate::packet::{Family, Packet, Payload, Protocol, State};

/// The fields that a description may have.
pub const FIELDS: [&str; 15] = [
    "hook",
    "family",
    "proto",
    "src",
    "sport",
    "dst",
    "dport",
    "flags",
    "type",
    "code",
    "state",
    "iif",
    "oif",
    "helper",
    "direction",
];

/// Why a description is none of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecError {
    /// Not JSON, and not `key=value` pairs either; where, counted in characters from 1.
    Syntax {
        /// The column.
        column: usize,
    },
    /// A field that there is not.
    UnknownField(String),
    /// A field that has to be there.
    Missing(&'static str),
    /// A field with a value that it cannot have.
    Value {
        /// The field.
        field: &'static str,
        /// What was found.
        found: String,
        /// What was expected.
        expected: Expected,
    },
    /// The addresses are of different families, or of another one than is said.
    Families,
    /// A field that packets of this kind do not have.
    NotOfThisKind {
        /// The field.
        field: &'static str,
        /// The protocol.
        protocol: Protocol,
    },
}

/// What a field can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// One of these words.
    Words(&'static [&'static str]),
    /// An address.
    Address,
    /// A port, 0 to 65535.
    Port,
    /// A number, 0 to 255.
    Byte,
    /// Letters out of `FSRPAUEC`.
    Flags,
    /// Text.
    Text,
    /// A protocol by name or number.
    Protocol,
}

/// The packet that `text` describes, and the way that it goes.
///
/// # Errors
///
/// The first thing that is wrong with the description.
pub fn parse(text: &str) -> Result<(Path, Packet), SpecError> {
    let text = text.trim();
    if text.starts_with('{') {
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => from_fields(&fields),
            Ok(_) => Err(SpecError::Syntax { column: 1 }),
            Err(error) => Err(SpecError::Syntax { column: error.column() }),
        }
    } else {
        from_fields(&pairs(text)?)
    }
}

/// The description of a packet that [`parse`] reads as the same one, what is usual being left out. Marks, which no
/// description has, are not in it.
#[must_use]
pub fn fields(path: Path, packet: &Packet) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    add("hook", path.id().into());
    add("family", packet.family().id().into());
    add("proto", packet.payload.protocol().to_string().into());
    add("src", packet.source.to_string().into());
    let ports = packet.payload.ports();
    ports.map(|(source, _)| add("sport", source.into()));
    add("dst", packet.destination.to_string().into());
    ports.map(|(_, destination)| add("dport", destination.into()));
    match packet.payload {
        Payload::Tcp { flags, .. } if flags != usual_flags(packet.state) => {
            add("flags", letters(flags).into());
        }
        Payload::Icmp { kind, code, .. } => {
            add("type", kind.into());
            add("code", code.into());
        }
        _ => {}
    }
    add("state", packet.state.id().into());
    for (name, interface) in [("iif", &packet.in_interface), ("oif", &packet.out_interface)] {
        if !interface.is_empty() {
            add(name, interface.as_str().into());
        }
    }
    if let Some(helper) = &packet.helper {
        add("helper", helper.as_str().into());
    }
    if packet.reply {
        add("direction", "reply".into());
    }
    fields
}

/// The letters of TCP flags, the least bit first.
const FLAGS: &str = "FSRPAUEC";

fn letters(flags: u8) -> String {
    FLAGS.chars().enumerate().filter(|(bit, _)| flags & 1 << bit != 0).map(|(_, letter)| letter).collect()
}

/// A connection starts with SYN; what follows acknowledges.
fn usual_flags(state: State) -> u8 {
    if matches!(state, State::New | State::Related) { 0x02 } else { 0x10 }
}

fn pairs(text: &str) -> Result<Map<String, Value>, SpecError> {
    let mut fields = Map::new();
    for word in text.split([' ', ',', '\t']).filter(|word| !word.is_empty()) {
        let Some((key, value)) = word.split_once('=') else {
            let before = word.as_ptr().addr() - text.as_ptr().addr();
            return Err(SpecError::Syntax { column: text[..before].chars().count() + 1 });
        };
        fields.insert(key.to_owned(), Value::String(value.to_owned()));
    }
    Ok(fields)
}

fn from_fields(fields: &Map<String, Value>) -> Result<(Path, Packet), SpecError> {
    if let Some(name) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(SpecError::UnknownField(name.clone()));
    }
    let fields = Fields(fields);
    let path = fields.word("hook", &["input", "output", "forward"], Path::ALL, Path::id)?;
    let path = path.ok_or(SpecError::Missing("hook"))?;
    let state = fields.word(
        "state",
        &["new", "established", "related", "invalid", "untracked"],
        State::ALL,
        State::id,
    )?;
    let state = state.unwrap_or_default();
    let source = fields.address("src")?;
    let destination = fields.address("dst")?;
    let declared = fields.word("family", &["ipv4", "ipv6"], Family::ALL, Family::id)?;
    let families = [source.map(Family::of), destination.map(Family::of), declared];
    let family = families.into_iter().flatten().next().ok_or(SpecError::Missing("src"))?;
    if families.into_iter().flatten().any(|other| other != family) {
        return Err(SpecError::Families);
    }
    let payload = payload(&fields, family, state)?;
    let reply = fields.word("direction", &["original", "reply"], [false, true], |reply| {
        if reply { "reply" } else { "original" }
    })?;
    let packet = Packet {
        source: source.unwrap_or(unspecified(family)),
        destination: destination.unwrap_or(unspecified(family)),
        payload,
        state,
        reply: reply.unwrap_or_default(),
        helper: fields.text("helper")?,
        in_interface: fields.text("iif")?.unwrap_or_default(),
        out_interface: fields.text("oif")?.unwrap_or_default(),
        mark: 0,
        connection_mark: 0,
    };
    Ok((path, packet))
}

fn unspecified(family: Family) -> IpAddr {
    match family {
        Family::Ipv4 => IpAddr::from([0; 4]),
        Family::Ipv6 => IpAddr::from([0; 16]),
    }
}

fn payload(fields: &Fields<'_>, family: Family, state: State) -> Result<Payload, SpecError> {
    let protocol = fields.protocol(family)?;
    let with_ports = protocol.has_ports();
    let with_types = matches!(protocol, Protocol::Icmp | Protocol::Icmpv6);
    let kinds = [
        ("sport", with_ports),
        ("dport", with_ports),
        ("flags", protocol == Protocol::Tcp),
        ("type", with_types),
        ("code", with_types),
    ];
    if let Some((field, _)) = kinds.into_iter().find(|(field, fits)| !fits && fields.0.contains_key(*field)) {
        return Err(SpecError::NotOfThisKind { field, protocol });
    }
    let port =
        |field| fields.number(field, Expected::Port, u64::from(u16::MAX)).map(|port| port.unwrap_or(0));
    let byte = |field| fields.number(field, Expected::Byte, u64::from(u8::MAX));
    Ok(if protocol == Protocol::Tcp {
        Payload::Tcp {
            source_port: truncated(port("sport")?),
            destination_port: truncated(port("dport")?),
            flags: fields.flags()?.unwrap_or(usual_flags(state)),
        }
    } else if with_ports {
        Payload::Ports {
            protocol,
            source_port: truncated(port("sport")?),
            destination_port: truncated(port("dport")?),
        }
    } else if with_types {
        // An echo request, unless said otherwise.
        let usual = if protocol == Protocol::Icmp { 8 } else { 128 };
        let kind = byte("type")?.unwrap_or(usual);
        Payload::Icmp { protocol, kind: truncated(kind), code: truncated(byte("code")?.unwrap_or(0)) }
    } else {
        Payload::Other(protocol)
    })
}

/// A number whose range has been checked.
fn truncated<T: TryFrom<u64> + Default>(number: u64) -> T {
    T::try_from(number).unwrap_or_default()
}

struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    /// The field as text, whichever way it is written. `null` is the same as nothing.
    fn text(&self, field: &'static str) -> Result<Option<String>, SpecError> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(other) => {
                Err(SpecError::Value { field, found: other.to_string(), expected: Expected::Text })
            }
        }
    }

    fn parsed<T>(
        &self,
        field: &'static str,
        expected: Expected,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, SpecError> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        let value = parse(&text);
        value.map(Some).ok_or(SpecError::Value { field, found: text, expected })
    }

    fn word<T: Copy, const N: usize>(
        &self,
        field: &'static str,
        words: &'static [&'static str],
        values: [T; N],
        id: impl Fn(T) -> &'static str,
    ) -> Result<Option<T>, SpecError> {
        self.parsed(field, Expected::Words(words), |text| values.into_iter().find(|&value| id(value) == text))
    }

    fn address(&self, field: &'static str) -> Result<Option<IpAddr>, SpecError> {
        self.parsed(field, Expected::Address, |text| text.parse().ok())
    }

    fn number(&self, field: &'static str, expected: Expected, most: u64) -> Result<Option<u64>, SpecError> {
        self.parsed(field, expected, |text| text.parse().ok().filter(|&number| number <= most))
    }

    fn flags(&self) -> Result<Option<u8>, SpecError> {
        self.parsed("flags", Expected::Flags, |text| {
            text.chars().try_fold(0, |flags, letter| {
                let bit = FLAGS.find(letter.to_ascii_uppercase())?;
                Some(flags | 1 << bit)
            })
        })
    }

    fn protocol(&self, family: Family) -> Result<Protocol, SpecError> {
        let named = |text: &str| {
            let known = Protocol::NAMED.into_iter().find(|named| named.id() == text);
            known.or_else(|| text.parse().ok().map(Protocol::from_number))
        };
        let protocol = self.parsed("proto", Expected::Protocol, named)?.ok_or(SpecError::Missing("proto"))?;
        if protocol.runs_over(family) { Ok(protocol) } else { Err(SpecError::Families) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_pairs_say_the_same() {
        let json = r#"{"hook":"input","proto":"tcp","src":"198.51.100.7","sport":40000,"dst":"203.0.113.10","dport":21,"iif":"eth0"}"#;
        let pairs = "hook=input proto=tcp src=198.51.100.7,sport=40000 dst=203.0.113.10 dport=21 iif=eth0";
        let (path, packet) = parse(json).expect("a packet");
        assert_eq!(parse(pairs), Ok((path, packet.clone())));
        assert_eq!((path, packet.state, packet.in_interface.as_str()), (Path::Input, State::New, "eth0"));
        assert_eq!(packet.payload, Payload::Tcp { source_port: 40000, destination_port: 21, flags: 0x02 });
    }

    #[test]
    fn a_packet_is_described_as_it_is_read() {
        let described = [
            r#"{"hook":"input","family":"ipv4","proto":"tcp","src":"198.51.100.7","sport":40000,"dst":"203.0.113.10","dport":21,"state":"new","iif":"eth0"}"#,
            r#"{"hook":"forward","family":"ipv6","proto":"tcp","src":"2001:db8::1","sport":20,"dst":"2001:db8::2","dport":1,"flags":"SA","state":"established","iif":"a b","oif":"c,d","helper":"ftp","direction":"reply"}"#,
            r#"{"hook":"output","family":"ipv4","proto":"tcp","src":"10.0.0.1","sport":1,"dst":"10.0.0.2","dport":2,"flags":"","state":"related","oif":"eth0"}"#,
            r#"{"hook":"output","family":"ipv4","proto":"icmp","src":"10.0.0.1","dst":"10.0.0.2","type":3,"code":4,"state":"invalid"}"#,
            r#"{"hook":"input","family":"ipv4","proto":"udp","src":"10.0.0.1","sport":53,"dst":"10.0.0.2","dport":2,"state":"untracked"}"#,
            r#"{"hook":"input","family":"ipv4","proto":"97","src":"10.0.0.1","dst":"10.0.0.2","state":"new"}"#,
        ];
        for text in described {
            let (path, packet) = parse(text).expect("a packet");
            assert_eq!(Value::from(fields(path, &packet)).to_string(), text);
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases = [
            ("hook=input proto", SpecError::Syntax { column: 12 }),
            ("{", SpecError::Syntax { column: 1 }),
            ("hook=input port=3", SpecError::UnknownField("port".to_owned())),
            ("proto=tcp", SpecError::Missing("hook")),
            ("hook=input src=::1 dst=10.0.0.1 proto=tcp", SpecError::Families),
            ("hook=input src=10.0.0.2 proto=icmpv6", SpecError::Families),
            (
                "hook=input src=10.0.0.2 proto=udp flags=S",
                SpecError::NotOfThisKind { field: "flags", protocol: Protocol::Udp },
            ),
            (
                "hook=input src=10.0.0.2 proto=udp dport=65536",
                SpecError::Value { field: "dport", found: "65536".to_owned(), expected: Expected::Port },
            ),
        ];
        for (text, error) in cases {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }
}
