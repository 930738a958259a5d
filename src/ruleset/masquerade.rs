//! What later chains see of packets whose source has become the machine's own.

use super::translation::hides_source;
use super::{Action, BaseChain, Chain, Endpoint, Hook, Match, NewAddress, Ruleset, System, Translation};

/// What the new address is asked by.
const WORDS: &str = "masquerade";

impl Ruleset {
    /// Says of netfilter's masquerades that they leave the source open, if a chain at postrouting that does not translate
    /// asks for it: such a chain may come after them, and sees the new address.
    pub(crate) fn open_masquerades(&mut self) {
        if !self.asks_for_source_late() {
            return;
        }
        let netfilter = self.chains.iter_mut().filter(|chain| chain.table.system != System::Pf);
        for rule in netfilter.flat_map(|chain| &mut chain.rules) {
            rule.actions.replace(|action| match action {
                Action::SourceNat { ports, .. } if hides_source(action) == Some(true) => {
                    Some(Action::Translate(Box::new(Translation {
                        end: Endpoint::Source,
                        to: NewAddress::Own,
                        ports: *ports,
                        words: WORDS.to_owned(),
                    })))
                }
                _ => None,
            });
        }
    }

    fn asks_for_source_late(&self) -> bool {
        let late = |base: BaseChain| base.hook == Hook::Postrouting && !base.nat;
        let asked = |chain: &Chain| chain.rules.iter().flat_map(|rule| &rule.matches).any(asks_for_source);
        self.chains.iter().filter(|chain| chain.base.is_some_and(late)).any(|base| {
            // Another chain of the table may be one that it jumps to.
            self.chains_of(&base.table).filter(|other| other.base.is_none()).chain([base]).any(asked)
        })
    }
}

fn asks_for_source(condition: &Match) -> bool {
    match condition {
        Match::Source(_) | Match::SourceType(_) => true,
        Match::Not(inner) => asks_for_source(inner),
        Match::AnyOf(alternatives) => alternatives.iter().flatten().any(asks_for_source),
        _ => false,
    }
}
