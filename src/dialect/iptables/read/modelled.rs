//! What the options of matches mean.

use super::extension::{Extension, Meaning, Opt, Style};
use super::problem::{Expected, Problem};
use super::rule::{Argument, Draft, NEVER, opaque};
use super::value::{self, Fault, StateList};
use super::word::push_quoted;
use crate::packet::{PortSet, Protocol};
use crate::ruleset::{AddressType, CtStatus, Match, States};

impl Draft<'_, '_, '_> {
    /// An option of the match that was loaded at `index`.
    pub(super) fn option(&mut self, index: usize, opt: &'static Opt) {
        let extension = self.loaded[index].extension;
        let (module, name) = (extension.name, opt.name);
        let family = self.family;
        let ports = |text: &str| value::ports(text).map(PortSet::from);
        match opt.meaning {
            Meaning::SourcePort => {
                self.condition(module, name, |text| Ok(Some(Match::SourcePort(ports(text)?))));
            }
            Meaning::DestinationPort => {
                self.condition(module, name, |text| Ok(Some(Match::DestinationPort(ports(text)?))));
            }
            Meaning::SourcePorts => {
                self.condition(module, name, |text| Ok(Some(Match::SourcePort(value::port_list(text)?))));
            }
            Meaning::DestinationPorts => {
                self.condition(module, name, |text| {
                    Ok(Some(Match::DestinationPort(value::port_list(text)?)))
                });
            }
            Meaning::EitherPort => self.condition(module, name, |text| {
                let ports = value::port_list(text)?;
                let either = [Match::SourcePort(ports.clone()), Match::DestinationPort(ports)];
                Ok(Some(Match::AnyOf(either.map(|one| vec![one]).into())))
            }),
            Meaning::TcpFlags => self.tcp_flags(opt),
            Meaning::Syn => self.push(Match::SYN),
            Meaning::Icmp => {
                self.condition(module, name, |text| Ok(value::icmp(text, family)?.map(Match::Icmp)));
            }
            Meaning::SourceRange => self.condition(module, name, |text| {
                let set = value::address_range(text, family).ok_or(Fault::Not(Expected::AddressRange))?;
                Ok(Some(Match::Source(set)))
            }),
            Meaning::DestinationRange => self.condition(module, name, |text| {
                let set = value::address_range(text, family).ok_or(Fault::Not(Expected::AddressRange))?;
                Ok(Some(Match::Destination(set)))
            }),
            Meaning::State => self.states(index, opt),
            Meaning::CtDirection
            | Meaning::CtProtocol
            | Meaning::CtOriginalSource
            | Meaning::CtOriginalDestination
            | Meaning::CtOriginalDestinationPort
            | Meaning::CtStatus
            | Meaning::CtOther => self.on_connection(index, opt),
            Meaning::Helper => self.condition(module, name, |text| Ok(Some(helper(text)))),
            Meaning::Mark => self.condition(module, name, |text| {
                let mark = value::masked(text).ok_or(Fault::Not(Expected::Mark))?;
                // Bits that the mask hides can never be equal to set ones.
                Ok(Some(if mark.value & !mark.mask == 0 { Match::Mark(mark) } else { NEVER }))
            }),
            Meaning::ConnMark => {
                self.condition(module, name, |text| {
                    let mark = value::masked(text).ok_or(Fault::Not(Expected::Mark))?;
                    Ok(Some(if mark.value & !mark.mask == 0 { Match::ConnMark(mark) } else { NEVER }))
                });
                let last = self.matches.len() - 1;
                self.loaded[index].on_connection.push(last);
            }
            Meaning::Comment => {
                if let Some(argument) = self.argument() {
                    self.comment = Some(argument.text.to_owned());
                }
            }
            Meaning::Set => self.set(index, opt),
            Meaning::SourceType | Meaning::DestinationType => self.address_type(index, opt),
            Meaning::Opaque => self.not_modelled(index, extension, opt),
        }
    }

    fn not_modelled(&mut self, index: usize, extension: &Extension, opt: &Opt) {
        let arguments = self.arguments(opt);
        if extension.style == Style::Each {
            self.push(opaque(extension.name, opt.name, &arguments));
        } else {
            // Counting what matches changes nothing for the packet.
            self.loaded[index].modified |= !opt.name.starts_with("update-");
            self.join(index, opt, &arguments);
        }
    }

    /// Adds an option to the text of the one condition that it is a part of.
    fn join(&mut self, index: usize, opt: &Opt, arguments: &[Argument<'_>]) {
        let loaded = &mut self.loaded[index];
        if self.negated {
            match loaded.extension.style {
                Style::Inverted => loaded.negated = !loaded.negated,
                _ => loaded.text.push_str(" !"),
            }
        }
        loaded.text.push_str(" --");
        loaded.text.push_str(opt.name);
        for argument in arguments {
            loaded.text.push(' ');
            push_quoted(&mut loaded.text, argument.text);
        }
    }

    fn tcp_flags(&mut self, opt: &Opt) {
        let arguments = self.arguments(opt);
        if let [mask, value] = arguments[..] {
            if let Some(flags) = value::tcp_flags(mask.text, value.text) {
                return self.push(if flags.value & !flags.mask == 0 {
                    Match::TcpFlags(flags)
                } else {
                    NEVER
                });
            }
            if mask.known && value.known {
                let problem = Fault::Not(Expected::TcpFlags).problem(opt.name, mask.text);
                self.log.report(mask.origin, problem);
            }
        }
        self.push(opaque("tcp", opt.name, &arguments));
    }

    fn states(&mut self, index: usize, opt: &Opt) {
        let module = self.loaded[index].extension.name;
        let (mut without, negated) = (true, self.negated);
        let matching = self.parsed(module, opt.name, |text| {
            let list = value::states(text).ok_or(Fault::Not(Expected::States))?;
            let asks = |state| list.states.contains(state) != negated;
            without = asks(States::INVALID) || asks(States::UNTRACKED);
            Ok(Some(state_match(list, negated)))
        });
        self.loaded[index].without_connection = Some(without);
        if let Some(matching) = matching {
            self.push(matching);
        }
    }

    /// An option about the connection, which holds for no packet without one.
    fn on_connection(&mut self, index: usize, opt: &Opt) {
        let family = self.family;
        let before = self.matches.len();
        self.condition("conntrack", opt.name, |text| {
            let addresses = |kind: fn(_) -> Match| Ok(value::addresses(text, family)?.map(kind));
            match opt.meaning {
                Meaning::CtDirection => {
                    let direction = value::direction(text).ok_or(Fault::Not(Expected::Direction))?;
                    Ok(Some(Match::CtDirection(direction)))
                }
                Meaning::CtProtocol => Ok(value::protocol(text)?.map(ct_protocol)),
                Meaning::CtOriginalSource => addresses(Match::CtOriginalSource),
                Meaning::CtOriginalDestination => addresses(Match::CtOriginalDestination),
                Meaning::CtOriginalDestinationPort => {
                    Ok(Some(Match::CtOriginalDestinationPort(value::ports(text)?.into())))
                }
                Meaning::CtStatus => {
                    let asked = value::statuses(text).ok_or(Fault::Not(Expected::CtStatuses))?;
                    Ok(Some(match asked[..] {
                        [one] => Match::CtStatus(one),
                        _ => Match::AnyOf(asked.iter().map(|&one| vec![Match::CtStatus(one)]).collect()),
                    }))
                }
                _ => Ok(Some(Match::Opaque(format!("-m conntrack --{} {text}", opt.name)))),
            }
        });
        self.loaded[index].on_connection.extend(before..self.matches.len());
    }

    fn set(&mut self, index: usize, opt: &Opt) {
        let arguments = self.arguments(opt);
        let negated = self.negated;
        self.join(index, opt, &arguments);
        let loaded = &mut self.loaded[index];
        let [name, directions] = arguments[..] else {
            loaded.modified = true;
            return;
        };
        match self.sets.matching(name.text, directions.text, self.family) {
            Ok(matching) => loaded.modelled.push(if negated { matching.negated() } else { matching }),
            Err(problem) => {
                loaded.modified = true;
                if name.known && directions.known {
                    let place = if matches!(problem, Problem::Argument { .. }) { directions } else { name };
                    self.log.report(place.origin, problem);
                }
            }
        }
    }

    fn address_type(&mut self, index: usize, opt: &Opt) {
        let arguments = self.arguments(opt);
        let negated = self.negated;
        self.join(index, opt, &arguments);
        let kind = match opt.meaning {
            Meaning::SourceType => Match::SourceType,
            _ => Match::DestinationType,
        };
        let loaded = &mut self.loaded[index];
        let modelled = arguments
            .first()
            .filter(|types| types.known)
            .and_then(|types| types.text.split(',').map(address_type).collect::<Option<Vec<AddressType>>>());
        match modelled.as_deref() {
            None => loaded.modified = true,
            Some(types) => {
                let matching = match types {
                    [one] => kind(*one),
                    several => Match::AnyOf(several.iter().map(|&one| vec![kind(one)]).collect()),
                };
                loaded.modelled.push(if negated { matching.negated() } else { matching });
            }
        }
    }
}

fn address_type(name: &str) -> Option<AddressType> {
    match name.to_ascii_uppercase().as_str() {
        "LOCAL" => Some(AddressType::Local),
        "BROADCAST" => Some(AddressType::Broadcast),
        "MULTICAST" => Some(AddressType::Multicast),
        "UNICAST" => Some(AddressType::Unicast),
        // The others depend on the routing table.
        _ => None,
    }
}

/// A packet without a connection is in a state all the same, and not translated: so a state is always among what a
/// negation is of.
fn state_match(list: StateList, negated: bool) -> Match {
    let translated = [
        (list.source_translated, CtStatus::SourceNat),
        (list.destination_translated, CtStatus::DestinationNat),
    ];
    let mut alternatives: Vec<Vec<Match>> = Vec::new();
    if list.states != States::NONE || negated {
        alternatives.push(vec![Match::State(list.states)]);
    }
    for (_, status) in translated.into_iter().filter(|(asked, _)| *asked) {
        alternatives.push(vec![Match::CtStatus(status)]);
    }
    match alternatives.len() {
        1 => alternatives.swap_remove(0).swap_remove(0),
        _ => Match::AnyOf(alternatives),
    }
}

/// The protocol of the connection. It is that of the packet, but for an ICMP error, which belongs to the connection
/// that it is about.
fn ct_protocol(protocol: Protocol) -> Match {
    let words = Match::Opaque(format!("-m conntrack --ctproto {}", protocol.number()));
    let error = |icmp| [Match::Protocol(icmp), Match::State(States::RELATED)];
    let mut own = vec![Match::Protocol(protocol)];
    if matches!(protocol, Protocol::Icmp | Protocol::Icmpv6) {
        own.push(Match::State(States::RELATED).negated());
    }
    let mut alternatives = vec![own];
    for icmp in [Protocol::Icmp, Protocol::Icmpv6] {
        alternatives.push(error(icmp).into_iter().chain([words.clone()]).collect());
    }
    Match::AnyOf(alternatives)
}

/// A conntrack helper. The kernel ignores the port that may follow its name.
fn helper(text: &str) -> Match {
    match text.split_once('-') {
        // Any helper (`helper_mt`).
        _ if text.is_empty() => Match::Helper(String::new()).negated(),
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Match::Helper(name.to_owned())
        }
        _ => Match::Helper(text.to_owned()),
    }
}
