//! What a rule does: its target and the options of it.

use super::extension::{self, Extension, Opt};
use super::log::Log;
use super::problem::{Expected, Problem};
use super::rule::Argument;
use super::value::{self, Fault};
use super::word::push_quoted;
use crate::packet::{Family, PortRange};
use crate::ruleset::{Action, Endpoint, Masked, Match, NewAddress, Translation};

/// Marks that have a value which only the kernel knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Marks {
    /// Those of packets.
    pub(super) packet: bool,
    /// Those of connections.
    pub(super) connection: bool,
}

/// The target of a rule.
pub(super) struct Target<'w> {
    /// Its name, or that of the chain to go to.
    pub(super) name: Argument<'w>,
    /// What is known of it; `None` for a chain, and for what somebody else provides.
    pub(super) extension: Option<&'static Extension>,
    goto: bool,
    options: Vec<(&'static str, Option<Argument<'w>>)>,
    /// The whole of it in words, without `-j`.
    text: String,
    /// Whether it has options that are not known.
    foreign: bool,
}

impl<'w> Target<'w> {
    pub(super) fn new(name: Argument<'w>, goto: bool) -> Self {
        let extension = if goto { None } else { extension::target(name.text) };
        Self { name, extension, goto, options: Vec::new(), text: String::new(), foreign: false }
    }

    /// The option of this name, or the only one whose name begins so.
    pub(super) fn option(&self, bare: &str) -> Option<&'static Opt> {
        let options = self.extension?.options;
        if let Some(exact) = options.iter().find(|opt| opt.name == bare) {
            return Some(exact);
        }
        let mut candidates = options.iter().filter(|opt| !bare.is_empty() && opt.name.starts_with(bare));
        candidates.next().filter(|_| candidates.next().is_none())
    }

    pub(super) fn push(&mut self, name: &'static str, arguments: &[Argument<'w>]) {
        self.text.push_str(" --");
        self.text.push_str(name);
        for argument in arguments {
            self.text.push(' ');
            push_quoted(&mut self.text, argument.text);
        }
        self.options.push((name, arguments.first().copied()));
    }

    pub(super) fn push_unknown(&mut self, text: &str) {
        self.text.push(' ');
        self.text.push_str(text);
        self.foreign = true;
    }

    fn has(&self, option: &str) -> bool {
        self.options.iter().any(|(name, _)| *name == option)
    }

    fn value(&self, option: &str) -> Option<Argument<'w>> {
        self.options.iter().find(|(name, _)| *name == option).and_then(|(_, value)| *value)
    }

    fn unknown(&self) -> Vec<Action> {
        vec![Action::Unknown(self.words())]
    }

    fn words(&self) -> String {
        format!("-j {}{}", self.name.text, self.text)
    }

    /// What is done with packets that the rule, which is in `chain`, matches by `matches`.
    pub(super) fn actions(
        &self,
        family: Family,
        chain: Option<&str>,
        matches: &[Match],
        log: &mut Log,
    ) -> Vec<Action> {
        if !self.name.known {
            return self.unknown();
        }
        match self.name.text {
            chain if self.goto => vec![Action::Goto(chain.to_owned())],
            "ACCEPT" => vec![Action::Accept],
            "DROP" => vec![Action::Drop],
            "REJECT" => vec![Action::Reject],
            "RETURN" => vec![Action::Return],
            "NOTRACK" => vec![Action::Notrack],
            "CT" => self.connection_tracking(),
            "MARK" => self.mark(log).map(Action::SetMark).into_iter().collect(),
            "CONNMARK" => self.mark(log).map(Action::SetConnMark).into_iter().collect(),
            "DNAT" => self.destination_nat(family, matches, log),
            "SNAT" => self.source_nat(family, log),
            "MASQUERADE" => match self.ports("to-ports", log) {
                Ok(ports) => vec![Action::SourceNat { address: None, ports: self.source_ports(ports) }],
                Err(()) => self.unknown(),
            },
            "REDIRECT" => match self.ports("to-ports", log) {
                Ok(ports) => self.destination(NewAddress::Own, ports),
                Err(()) => self.unknown(),
            },
            "NETMAP" => self.network(family, chain),
            // What becomes of the packet is for a program to say, or its new address is not modelled.
            "QUEUE" | "NFQUEUE" | "TPROXY" | "SYNPROXY" | "CLUSTERIP" | "DNPT" | "SNPT" | "TARPIT" => {
                self.unknown()
            }
            _ if self.foreign => {
                log.report(self.name.origin, Problem::Target(self.name.text.to_owned()));
                self.unknown()
            }
            // The others let the packet go on.
            _ if self.extension.is_some() => Vec::new(),
            chain => vec![Action::Jump(chain.to_owned())],
        }
    }

    /// Which marks the target, which does `actions`, gives a value that is not a constant.
    pub(super) fn unknown_marks(&self, actions: &[Action]) -> Marks {
        let none = Marks::default();
        match self.name.text {
            "MARK" => Marks { packet: actions.is_empty(), ..none },
            "CONNMARK" if self.has("restore-mark") => Marks { packet: true, ..none },
            "CONNMARK" => Marks { connection: actions.is_empty(), ..none },
            "SET" => Marks { packet: self.has("map-mark"), ..none },
            "HMARK" => Marks { packet: true, ..none },
            _ => none,
        }
    }

    fn connection_tracking(&self) -> Vec<Action> {
        if self.has("notrack") {
            return vec![Action::Notrack];
        }
        let helper = self.value("helper").map(|helper| Action::AssignHelper(helper.text.to_owned()));
        vec![helper.unwrap_or(Action::Template)]
    }

    /// The bits that `MARK` and `CONNMARK` set, where these are constant.
    fn mark(&self, log: &mut Log) -> Option<Masked> {
        let (option, argument) = self.options.iter().find_map(|(name, value)| {
            value.filter(|_| name.ends_with("mark")).map(|argument| (*name, argument))
        })?;
        let Some(given) = value::masked(argument.text).filter(|_| argument.known) else {
            if argument.known {
                log.report(argument.origin, Fault::Not(Expected::Mark).problem(option, argument.text));
            }
            return None;
        };
        match option {
            "set-mark" => Some(Masked { mask: given.mask | given.value, value: given.value }),
            // Bits beside the mask are toggled.
            "set-xmark" => (given.value & !given.mask == 0).then_some(given),
            "and-mark" => Some(Masked { mask: !given.value, value: 0 }),
            "or-mark" => Some(Masked { mask: given.value, value: given.value }),
            _ => None,
        }
    }

    fn destination_nat(&self, family: Family, matches: &[Match], log: &mut Log) -> Vec<Action> {
        let Some(To { address, ports, base }) = self.to("to-destination", family, log) else {
            return self.unknown();
        };
        // The kernel keeps a port that lies in the range.
        let kept = |range: PortRange| {
            let lies = |one: &PortRange| one.intersection(range) == Some(*one);
            matches.iter().any(|condition| match condition {
                Match::DestinationPort(asked) => asked.ranges().iter().all(lies),
                _ => false,
            })
        };
        // Which port of the range it is depends on the old one.
        if let Some(base) = base {
            let whole = ports.is_some_and(|range| range.first() == base && kept(range));
            return match (whole, &address) {
                (true, NewAddress::Same) => vec![Action::DestinationNat { address: None, port: None }],
                (true, NewAddress::One(to)) => {
                    vec![Action::DestinationNat { address: Some(*to), port: None }]
                }
                _ => self.unknown(),
            };
        }
        let address = match address {
            NewAddress::Same => None,
            NewAddress::One(address) => Some(address),
            open => return self.destination(open, ports),
        };
        match ports {
            None => vec![Action::DestinationNat { address, port: None }],
            Some(range) if range.count() == 1 => {
                vec![Action::DestinationNat { address, port: Some(range.first()) }]
            }
            Some(range) if kept(range) && !self.has("random") => {
                vec![Action::DestinationNat { address, port: None }]
            }
            _ => self.destination(address.map_or(NewAddress::Same, NewAddress::One), ports),
        }
    }

    fn source_nat(&self, family: Family, log: &mut Log) -> Vec<Action> {
        match self.to("to-source", family, log) {
            Some(To { address: NewAddress::One(address), ports, base: None }) => {
                vec![Action::SourceNat { address: Some(address), ports: self.source_ports(ports) }]
            }
            Some(To { address: to @ NewAddress::OneOf(_), ports, base: None }) => open(Translation {
                end: Endpoint::Source,
                to,
                ports: self.source_ports(ports),
                words: self.words(),
            }),
            _ => self.unknown(),
        }
    }

    /// A new destination that the rule leaves open. Of ports chosen at random, none is kept.
    fn destination(&self, to: NewAddress, ports: Option<PortRange>) -> Vec<Action> {
        if self.has("random") && ports.is_some_and(|range| range.count() > 1) {
            return self.unknown();
        }
        open(Translation { end: Endpoint::Destination, to, ports, words: self.words() })
    }

    /// `NETMAP`, which translates the end that is translated where the chain is.
    fn network(&self, family: Family, chain: Option<&str>) -> Vec<Action> {
        let end = match chain {
            Some("PREROUTING" | "OUTPUT") => Endpoint::Destination,
            Some("INPUT" | "POSTROUTING") => Endpoint::Source,
            _ => return self.unknown(),
        };
        let to = self.value("to").filter(|to| to.known);
        match to.and_then(|to| value::network(to.text, family).ok()) {
            Some(network) => vec![Action::MoveNetwork { end, network }],
            None => self.unknown(),
        }
    }

    /// Where source ports have to lie: anywhere, if they are chosen at random.
    fn source_ports(&self, ports: Option<PortRange>) -> Option<PortRange> {
        let random = self.has("random") || self.has("random-fully");
        ports.or(random.then_some(PortRange::ANY))
    }

    /// A range of ports with a hyphen.
    fn ports(&self, option: &'static str, log: &mut Log) -> Result<Option<PortRange>, ()> {
        let Some(argument) = self.value(option) else { return Ok(None) };
        if !argument.known {
            return Err(());
        }
        hyphenated(argument.text).map(Some).ok_or_else(|| {
            log.report(argument.origin, Fault::Not(Expected::Ports).problem(option, argument.text));
        })
    }

    /// The new address and port, where they are understood.
    fn to(&self, option: &str, family: Family, log: &mut Log) -> Option<To> {
        let to = self.value(option).filter(|to| to.known)?;
        let parsed = To::parse(to.text, family);
        if parsed.is_none() {
            log.report(to.origin, Fault::Not(Expected::Translation).problem(option, to.text));
        }
        parsed
    }
}

fn open(translation: Translation) -> Vec<Action> {
    vec![Action::Translate(Box::new(translation))]
}

/// What an end is translated to.
struct To {
    address: NewAddress,
    ports: Option<PortRange>,
    /// The old port that becomes the first of them, the others following in order.
    base: Option<u16>,
}

impl To {
    /// `address[-address][:port[-port[/base]]]`, with brackets around an IPv6 address that has a port.
    fn parse(text: &str, family: Family) -> Option<Self> {
        let (addresses, ports) = match family {
            Family::Ipv4 => match text.split_once(':') {
                Some((addresses, ports)) => (addresses, Some(ports)),
                None => (text, None),
            },
            Family::Ipv6 => match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                Some((addresses, "")) => (addresses, None),
                Some((addresses, rest)) => (addresses, Some(rest.strip_prefix(':')?)),
                None => match text.strip_prefix(':') {
                    // With another colon, it is an address that begins so.
                    Some(ports) if !ports.contains(':') && !ports.is_empty() => ("", Some(ports)),
                    _ => (text, None),
                },
            },
        };
        let (ports, base) = match ports.map(|ports| (ports, ports.split_once('/'))) {
            Some((_, Some((range, base)))) => (Some(hyphenated(range)?), Some(value::port(base).ok()?)),
            Some((range, None)) => (Some(hyphenated(range)?), None),
            None => (None, None),
        };
        if addresses.is_empty() {
            return ports.is_some().then_some(Self { address: NewAddress::Same, ports, base });
        }
        let (first, last) = addresses.split_once('-').unwrap_or((addresses, addresses));
        let [first, last] = [value::address(first, family)?, value::address(last, family)?];
        let address = if first == last {
            NewAddress::One(first)
        } else {
            NewAddress::OneOf(value::range(first, last)?)
        };
        Some(Self { address, ports, base })
    }
}

/// A port, or a range of ports with a hyphen.
fn hyphenated(text: &str) -> Option<PortRange> {
    match text.split_once('-') {
        Some((first, last)) => PortRange::new(value::port(first).ok()?, value::port(last).ok()?),
        None => value::port(text).ok().map(PortRange::single),
    }
}
