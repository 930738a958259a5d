//! The way through netfilter: base chains by hook and priority, user chains in between.

use ipnet::IpNet;

use super::condition::{Answers, Meeting, Translated, TranslatedEnd, begins_connection, has_connection};
use super::{Decider, Doubts, Path, Question, RuleRef, Tracer, Verdict, Way, translate};
use crate::packet::{Packet, State};
use crate::ruleset::translation::{changes, translated_end};
use crate::ruleset::{Action, BaseChain, Endpoint, MAX_DEPTH, Masked, Policy, System};

/// How many chains a packet may enter in all. Where each chain enters the next one twice, there is no end to it.
const MAX_ENTRIES: usize = 1 << 16;

/// The question whether the connection that announced this one is translated, in the kernel's words.
pub const ANNOUNCED_TRANSLATED: &str = "nf_nat_follow_master";
/// The question whether chains with the priority of connection tracking run before it, in the kernel's words.
pub const BEFORE_CONNTRACK: &str = "nf_hook_entries_grow";

/// How a chain ends for a packet.
enum End {
    /// A rule decided.
    Verdict(Verdict, RuleRef),
    /// Its rules ended, or one returned: the chain before goes on.
    Return,
}

/// Follows the packet of `way` through the hooks of `path`.
pub(super) fn follow(
    tracer: &Tracer<'_>,
    path: Path,
    answers: &Answers,
    way: &mut Way,
) -> Result<(), Question> {
    let packet = way.packet.clone();
    let original = packet.clone();
    let mut walk = Walk {
        tracer,
        path,
        answers,
        original,
        packet,
        way,
        untracked: false,
        templated: false,
        translated: false,
        connection: Translated {
            source: TranslatedEnd { by_rules: tracer.translates_sources, so_far: Some(false) },
            destination: TranslatedEnd { by_rules: tracer.translates_destinations, so_far: Some(false) },
        },
        doubts: Doubts::default(),
        entries: 0,
        entered: Vec::new(),
    };
    let mut goes_on = true;
    for &hook in path.hooks() {
        walk.translated = false;
        for (index, base) in tracer.order.at(hook) {
            goes_on = goes_on && walk.base_chain(index, base)?;
        }
    }
    let Walk { packet, .. } = walk;
    way.packet = packet;
    Ok(())
}

struct Walk<'a, 'w> {
    tracer: &'a Tracer<'a>,
    path: Path,
    answers: &'a Answers,
    original: Packet,
    packet: Packet,
    way: &'w mut Way,
    /// Whether a rule kept the packet from connection tracking.
    untracked: bool,
    /// Whether a rule has given it a template of its connection.
    templated: bool,
    /// Whether a rule at this hook has translated it: the first one counts.
    translated: bool,
    /// What is known of its connection's translation.
    connection: Translated,
    /// What is not known of it since.
    doubts: Doubts<'a>,
    /// How many chains it has entered.
    entries: usize,
    /// The chains that it is in: entering one of them again is a loop.
    entered: Vec<usize>,
}

impl<'a> Walk<'a, '_> {
    /// Goes through a base chain, and says whether the packet goes on after it.
    fn base_chain(&mut self, index: usize, base: BaseChain) -> Result<bool, Question> {
        let chain = &self.tracer.ruleset.chains[index];
        if !chain.table.family.sees(self.packet.family()) {
            return Ok(true);
        }
        let [first, last] = base.beside_conntrack();
        let asked_by = RuleRef { chain: index, rule: 0 };
        let ask = |words| Question { words, asked_by };
        let is_last =
            first != last && !chain.rules.is_empty() && !self.answers.ask(BEFORE_CONNTRACK).map_err(ask)?;
        let base = if is_last { last } else { first };
        let state = self.state(base);
        // Translation is decided once for each connection; the kernel repeats it for later packets by itself.
        if base.nat && (self.translated || !begins_connection(state, self.packet.payload)) {
            return Ok(true);
        }
        if base.nat && state == State::Related && self.follows_another(index)? {
            return Ok(true);
        }
        let (verdict, by) = match self.chain(index, base)? {
            End::Verdict(verdict, rule) => (verdict, Decider::Rule(rule)),
            End::Return => match base.policy {
                Policy::Accept => (Verdict::Accept, Decider::Policy { chain: index }),
                Policy::Drop => (Verdict::Drop, Decider::Policy { chain: index }),
            },
        };
        // Of several acceptances, the one of the last filter chain is what people ask for.
        if verdict != Verdict::Accept || !base.nat {
            self.way.by = by;
        }
        self.way.verdict = verdict;
        Ok(verdict == Verdict::Accept)
    }

    /// Whether the connection, which a helper has come to expect, is translated like the one that announced it; then no
    /// rule is asked (`nf_nat_follow_master`). The packet is as that translation leaves it.
    fn follows_another(&self, chain: usize) -> Result<bool, Question> {
        let empty = self.tracer.ruleset.chains[chain].rules.is_empty();
        if empty || !self.tracer.translates_announcing {
            return Ok(false);
        }
        let asked_by = RuleRef { chain, rule: 0 };
        self.answers.ask(ANNOUNCED_TRANSLATED).map_err(|words| Question { words, asked_by })
    }

    fn translate(&mut self, action: &'a Action) {
        let changed = changes(action, &self.packet);
        match translated_end(action) {
            Some(Endpoint::Source) => self.connection.source.so_far = changed,
            Some(Endpoint::Destination) => self.connection.destination.so_far = changed,
            None => {}
        }
        let packet = &mut self.packet;
        match action {
            Action::Translate(translation) => {
                let doubt = translation.apply(packet);
                match translation.end {
                    Endpoint::Source => self.doubts.source = doubt,
                    Endpoint::Destination => self.doubts.destination = doubt,
                }
            }
            other => translate(other, packet),
        }
    }

    /// What connection tracking knows at this base chain. Before it has looked, nothing (`nft_ct.c`,
    /// `xt_conntrack.c`: a packet without a connection is invalid).
    fn state(&self, base: BaseChain) -> State {
        if self.untracked {
            State::Untracked
        } else if base.is_before_conntrack() {
            // As a packet that opens a connection (`xt_ct_target`).
            if self.templated { State::New } else { State::Invalid }
        } else {
            self.packet.state
        }
    }

    /// Whether a template is all that there is of the packet's connection.
    fn has_template(&self, base: BaseChain) -> bool {
        self.templated && base.is_before_conntrack()
    }

    fn chain(&mut self, index: usize, base: BaseChain) -> Result<End, Question> {
        self.entered.push(index);
        let end = self.rules(index, base);
        self.entered.pop();
        end
    }

    /// The rules of a long chain that the packet may match by its source.
    fn looked_up(&self, chain: usize) -> Option<Vec<usize>> {
        let index = self.tracer.sources.as_ref().filter(|_| self.doubts.source.is_none())?;
        let sources = index.chain(self.tracer.ruleset, chain)?;
        Some(sources.meeting(&IpNet::from(self.packet.source).into()))
    }

    fn rules(&mut self, index: usize, base: BaseChain) -> Result<End, Question> {
        let chain = &self.tracer.ruleset.chains[index];
        let mut listed;
        let mut all = 0..chain.rules.len();
        let positions: &mut dyn Iterator<Item = usize> = match self.looked_up(index) {
            Some(positions) => {
                listed = positions.into_iter();
                &mut listed
            }
            None => &mut all,
        };
        for position in positions {
            let rule = &chain.rules[position];
            let place = RuleRef { chain: index, rule: position };
            let meeting = Meeting {
                packet: &self.packet,
                original: &self.original,
                state: self.state(base),
                templated: self.has_template(base),
                hook: base.hook,
                direction: None,
                path: self.path,
                doubts: self.doubts,
                translated: self.connection,
                own_source: false,
                tag: None,
            };
            let ask = |words| Question { words, asked_by: place };
            if !meeting.meets_all(&rule.matches, self.answers).map_err(ask)? {
                if self.tracer.tells_near_misses() {
                    self.way
                        .passes(rule, place, |condition| meeting.meets(condition, self.answers) == Ok(true));
                }
                continue;
            }
            self.way.met.push(place);
            for action in &rule.actions {
                match action {
                    Action::Accept => return Ok(End::Verdict(Verdict::Accept, place)),
                    Action::Drop => return Ok(End::Verdict(Verdict::Drop, place)),
                    Action::Reject => return Ok(End::Verdict(Verdict::Reject, place)),
                    Action::Return => return Ok(End::Return),
                    Action::Unknown(words) => {
                        let accepts = self.answers.ask(words).map_err(ask)?;
                        let verdict = if accepts { Verdict::Accept } else { Verdict::Drop };
                        return Ok(End::Verdict(verdict, place));
                    }
                    Action::Jump(name) | Action::Goto(name) => {
                        let target = self.tracer.order.target(&chain.table, name);
                        self.entries += 1;
                        let within = self.entered.len() <= MAX_DEPTH && self.entries < MAX_ENTRIES;
                        let goes_on = |target: &usize| within && !self.entered.contains(target);
                        let Some(target) = target.filter(goes_on) else {
                            // A chain that is not there, or a loop: the kernel would not have loaded it.
                            let accepts = self.answers.ask(&format!("jump {name}")).map_err(ask)?;
                            let verdict = if accepts { Verdict::Accept } else { Verdict::Drop };
                            return Ok(End::Verdict(verdict, place));
                        };
                        let end = self.chain(target, base)?;
                        if matches!(end, End::Verdict(..)) || matches!(action, Action::Goto(_)) {
                            return Ok(end);
                        }
                    }
                    Action::DestinationNat { .. }
                    | Action::SourceNat { .. }
                    | Action::Translate(_)
                    | Action::MoveNetwork { .. } => {
                        self.translated = true;
                        self.translate(action);
                        return Ok(End::Verdict(Verdict::Accept, place));
                    }
                    // What has a connection keeps it; an invalid packet becomes untracked anywhere (`nft_notrack_eval`).
                    Action::Notrack => self.untracked |= !has_connection(self.state(base)),
                    Action::SetMark(mark) => set_bits(&mut self.packet.mark, *mark),
                    // Without a connection there is nothing to mark (`nft_ct_set_eval`, `xt_connmark.c`).
                    Action::SetConnMark(_)
                        if !has_connection(self.state(base)) || self.has_template(base) => {}
                    Action::AssignHelper(_) | Action::Template if base.is_before_conntrack() => {
                        // Of nftables, a helper is assigned to a connection.
                        let gives = chain.table.system == System::Iptables;
                        self.templated |= gives && !self.untracked;
                    }
                    Action::SetConnMark(mark) => set_bits(&mut self.packet.connection_mark, *mark),
                    Action::AssignHelper(_)
                    | Action::Template
                    | Action::Divert { .. }
                    | Action::SkipFilter
                    | Action::Anchor(_)
                    | Action::Tag(_) => {}
                }
            }
        }
        Ok(End::Return)
    }
}

fn set_bits(mark: &mut u32, new: Masked) {
    *mark = (*mark & !new.mask) | (new.value & new.mask);
}
