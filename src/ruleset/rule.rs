//! A rule: what it matches, what it then does, where it comes from.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use ipnet::IpNet;

use super::{Endpoint, Masked, Match, Translation};
use crate::packet::PortRange;

/// A rule: what it matches, and what it then does.
///
/// A rule of nftables may match again after an action that lets the packet go on, such as setting a mark; its
/// reader makes several of it, with the same origin. There may be a million rules: nothing in one has room to grow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// All of these have to hold; none means every packet.
    pub matches: Box<[Match]>,
    /// What is done, in order. What neither decides nor changes what later rules see (a counter, a log) is not
    /// kept; a rule that does only that has no actions.
    pub actions: Actions,
    /// pf: evaluation ends here. Without it a later match overrules this one.
    pub quick: bool,
    /// What whoever wrote it says of it.
    pub comment: Option<Box<str>>,
    /// Where it was read; `None` for one that was not read.
    pub origin: Option<Origin>,
}

impl Rule {
    /// Adds conditions.
    pub fn require(&mut self, conditions: impl IntoIterator<Item = Match>) {
        let mut matches = std::mem::take(&mut self.matches).into_vec();
        matches.extend(conditions);
        self.matches = matches.into();
    }
}

/// What a rule does, in order. Nearly every rule of a long list does the same one thing, which is kept once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actions(Arc<[Action]>);

/// The actions that rules have alone more often than any others.
static COMMON: LazyLock<[Actions; 4]> = LazyLock::new(|| {
    [Action::Accept, Action::Drop, Action::Reject, Action::Return].map(|action| Actions([action].into()))
});

impl Actions {
    /// Puts others in the place of those for which there is one.
    pub fn replace(&mut self, other: impl Fn(&Action) -> Option<Action>) {
        if self.iter().any(|action| other(action).is_some()) {
            let all = self.iter().map(|action| other(action).unwrap_or_else(|| action.clone()));
            *self = all.collect::<Vec<_>>().into();
        }
    }
}

impl From<Vec<Action>> for Actions {
    fn from(actions: Vec<Action>) -> Self {
        let common = COMMON.iter().find(|common| *common.0 == *actions);
        common.cloned().unwrap_or_else(|| Self(actions.into()))
    }
}

impl From<[Action; 1]> for Actions {
    fn from(action: [Action; 1]) -> Self {
        Vec::from(action).into()
    }
}

impl Deref for Actions {
    type Target = [Action];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a> IntoIterator for &'a Actions {
    type Item = &'a Action;
    type IntoIter = std::slice::Iter<'a, Action>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Where in a text a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Which of the texts that were read together.
    pub text: u32,
    /// The line, from 1.
    pub line: u32,
    /// The first byte of the rule, counted from the start of the text.
    pub start: u32,
    /// The byte after its last.
    pub end: u32,
}

/// What a rule does with a packet that it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Let it through: the base chain is done with it. pf also keeps state: later packets of the connection and
    /// its replies pass. In the translation chains of FreeBSD's pf: leave it as it is (`no nat`).
    Accept,
    /// Discard it silently.
    Drop,
    /// Discard it, and tell the sender.
    Reject,
    /// Go on in another chain of the table, and come back after its last rule.
    Jump(String),
    /// Go on in another chain of the table, and come back to where this chain was entered from.
    Goto(String),
    /// Go back to where this chain was entered from; in a base chain its policy decides.
    Return,
    /// Something that is not known here decides, and may let it through or not: a queue to a program, a target
    /// of an extension. In the words of the rule.
    Unknown(String),
    /// Keep the packet from connection tracking; its state is untracked. pf: with [`Action::Accept`], let it
    /// through without keeping state (`no state`).
    Notrack,
    /// iptables: give the packet a template of its connection (`CT --zone`, `CT --timeout`). From here on it counts as
    /// tracked, so that nothing keeps it from connection tracking any more. A helper comes with a template too.
    Template,
    /// Attach a conntrack helper to the connection: the name of a [`HelperObject`](super::HelperObject) with
    /// nftables, the kernel's name of the helper with iptables.
    AssignHelper(String),
    /// Set the bits of the packet's mark that the mask names.
    SetMark(Masked),
    /// Set the bits of the connection's mark that the mask names.
    SetConnMark(Masked),
    /// Translate the destination address.
    DestinationNat {
        /// The new address; `None` is that of the packet where only the port changes. pf: or this machine's own.
        address: Option<IpAddr>,
        /// The new port; `None` keeps each port as it is.
        port: Option<u16>,
    },
    /// Translate the source address.
    SourceNat {
        /// The new address; `None` is the one of the interface that the packet leaves by (`MASQUERADE`).
        address: Option<IpAddr>,
        /// Where the new port has to lie, the old one being kept if it can be. `None` keeps it: always with
        /// pf (`static-port`), with netfilter unless another connection has it.
        ports: Option<PortRange>,
    },
    /// Translate one end to an address or a port that the rule leaves open.
    Translate(Box<Translation>),
    /// Translate the address of one end to the one with the same place in a network (`NETMAP`).
    MoveNetwork {
        /// Which end.
        end: Endpoint,
        /// The new network, which is as large as the old one.
        network: IpNet,
    },
    /// pf on OpenBSD: hand the connection to a local program, which still sees its original destination.
    Divert {
        /// Where the program listens.
        address: IpAddr,
        /// The port it listens on.
        port: u16,
    },
    /// pf on FreeBSD: with a translation, let the packet through without asking the filter rules (`rdr pass`).
    SkipFilter,
    /// pf: evaluate the rules of an anchor, which other programs may fill. The path from the main rule set, which
    /// is the name of the anchor's table; one that ends in `/*` is every anchor right below the path. The rules
    /// are those of the chain with the same name as the one that this rule is in.
    Anchor(String),
    /// pf: mark the packet with a tag that later rules can match.
    Tag(String),
}
