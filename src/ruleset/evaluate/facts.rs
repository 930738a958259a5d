//! What is known of a rule set before any question is asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::condition::{Translates, asks_translated};
use crate::packet::{Family, Field, State};
use crate::ruleset::order::Order;
use crate::ruleset::sources::{SourceIndex, Sources};
use crate::ruleset::translation::{Doubt, hides_source, translates};
use crate::ruleset::{Action, Endpoint, NewAddress, Ruleset, System, Translation, announced};

/// A rule set, and what its rules do.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) ruleset: &'a Ruleset,
    pub(super) order: Order<'a>,
    pub(super) translates: Translates,
    pub(super) tracking: Tracking,
    /// Whether any rule asks whether a connection is translated, and any translates.
    pub(super) asks_translated: bool,
    /// What translations may leave open.
    pub(super) doubts: Vec<Doubt<'a>>,
    /// The fields that rules change, or connection tracking when a rule says so, each with any value.
    pub(super) changed: Vec<Field<'static>>,
    /// The rules by their sources.
    sources: SourceIndex,
}

/// Whether any rule does something about connection tracking.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tracking {
    /// Attaches a helper.
    pub(super) attaches: bool,
    /// Keeps packets from it.
    pub(super) untracks: bool,
    /// Gives packets a template.
    pub(super) templates: bool,
}

impl<'a> Facts<'a> {
    pub(super) fn of(ruleset: &'a Ruleset) -> Self {
        let translates = Translates {
            sources: translates(ruleset, Endpoint::Source),
            destinations: translates(ruleset, Endpoint::Destination),
            announcing: announced::may_be_translated(ruleset),
        };
        let rules = || ruleset.chains.iter().flat_map(|chain| &chain.rules);
        let asks_translated = (translates.sources || translates.destinations)
            && rules().flat_map(|rule| &rule.matches).any(asks_translated);
        let mut facts = Self {
            ruleset,
            order: Order::of(ruleset),
            translates,
            tracking: Tracking::default(),
            asks_translated,
            doubts: Vec::new(),
            changed: Vec::new(),
            sources: SourceIndex::of(ruleset),
        };
        for action in rules().flat_map(|rule| &rule.actions) {
            facts.add(action);
        }
        // Of netfilter, no rule is taken to look at a source after that.
        let pf = ruleset.chains.iter().filter(|chain| chain.table.system == System::Pf);
        let mut actions = pf.flat_map(|chain| &chain.rules).flat_map(|rule| &rule.actions);
        if actions.any(|action| hides_source(action) == Some(true)) {
            for family in Family::ALL {
                facts.change(Field::Source(some_of(family)));
            }
        }
        facts
    }

    fn add(&mut self, action: &'a Action) {
        match action {
            Action::DestinationNat { address, port } => {
                if let Some(address) = address {
                    self.change(Field::Destination(some_of(Family::of(*address))));
                }
                if port.is_some() {
                    self.change(Field::DestinationPort(0));
                }
            }
            Action::SourceNat { address: Some(address), .. } => {
                self.change(Field::Source(some_of(Family::of(*address))));
            }
            Action::Translate(translation) => {
                let Translation { end, to, ports, .. } = &**translation;
                for family in Family::ALL.into_iter().filter(|_| *to != NewAddress::Same) {
                    self.change(address(*end, some_of(family)));
                }
                if ports.is_some() && *end == Endpoint::Destination {
                    self.change(Field::DestinationPort(0));
                }
                for doubt in translation.doubts() {
                    if !self.doubts.contains(&doubt) {
                        self.doubts.push(doubt);
                    }
                }
            }
            Action::MoveNetwork { end, network } => {
                self.change(address(*end, some_of(Family::of(network.addr()))));
            }
            Action::Notrack => {
                self.tracking.untracks = true;
                self.change(Field::State(State::Untracked));
            }
            Action::Template => self.tracking.templates = true,
            Action::SetMark(_) => self.change(Field::Mark { value: 0, mask: u32::MAX }),
            Action::SetConnMark(_) => self.change(Field::ConnectionMark { value: 0, mask: u32::MAX }),
            Action::AssignHelper(_) => (self.tracking.attaches, self.tracking.templates) = (true, true),
            _ => {}
        }
    }

    fn change(&mut self, field: Field<'static>) {
        if !self.changed.contains(&field) {
            self.changed.push(field);
        }
    }

    /// The rules of a chain by their sources; `None` of a short one.
    pub(super) fn sources(&self, chain: usize) -> Option<&Sources> {
        self.sources.chain(self.ruleset, chain)
    }
}

/// Any address of a family, all of which a field is forgotten by alike.
fn some_of(family: Family) -> IpAddr {
    match family {
        Family::Ipv4 => Ipv4Addr::UNSPECIFIED.into(),
        Family::Ipv6 => Ipv6Addr::UNSPECIFIED.into(),
    }
}

fn address(end: Endpoint, of: IpAddr) -> Field<'static> {
    match end {
        Endpoint::Source => Field::Source(of),
        Endpoint::Destination => Field::Destination(of),
    }
}
