//! Which variables stand for which field, in which order, and how values are written in them.
//!
//! Every assignment of the variables is a packet, and variables that a packet has no use for are ignored: no
//! set depends on them. So a complement is a negation, every packet is in the set of all, and equal sets are
//! equal functions. That is kept up by whoever builds a set:
//!
//! * IPv4 addresses are the first 32 variables of the 128 of an address.
//! * Ports share their variables with ICMP's type and code, which are where the destination port is; sets that
//!   test either also test the protocol. TCP flags likewise.
//! * The connection state is a prefix code ([`state_code`]), complete so that nothing is left over.
//! * A name (interface, helper) is its bytes up to and including a NUL, what follows it being ignored, so that
//!   a pattern such as `eth*` is a prefix just like that of a network. No name is the empty name.
//!
//! The addresses come first, being what long lists of rules differ in: a list of n sources then is a tree of
//! n paths, whatever else its rules test. Then come the opaque predicates, because they are quantified, and
//! last what only evaluations have in their sets: the [registers](super::register) and the labels.

use super::arena::Variable;
use crate::packet::{Protocol, State};

/// The variables of one field, the most significant bit first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bits {
    pub(super) first: Variable,
    pub(super) width: Variable,
}

impl Bits {
    /// The variable after the last.
    pub(super) const fn end(self) -> Variable {
        self.first + self.width
    }

    const fn then(self, width: Variable) -> Self {
        Self { first: self.end(), width }
    }

    /// The leading `width` variables.
    pub(super) const fn leading(self, width: Variable) -> Self {
        Self { first: self.first, width }
    }

    /// `value` with its most significant bit, of as many as the field has, at the top.
    pub(super) fn align(self, value: u128) -> u128 {
        value << (128 - self.width)
    }
}

/// The bytes that a name may have: one less than the kernels' `IFNAMSIZ` and `NF_CT_HELPER_NAME_LEN`.
pub(super) const LONGEST_NAME: usize = 15;
const NAME_BITS: Variable = 120;

pub(super) const FAMILY: Bits = Bits { first: 0, width: 1 };
pub(super) const SOURCE: Bits = FAMILY.then(128);
pub(super) const DESTINATION: Bits = SOURCE.then(128);
pub(super) const IN_INTERFACE: Bits = DESTINATION.then(NAME_BITS);
pub(super) const OUT_INTERFACE: Bits = IN_INTERFACE.then(NAME_BITS);
pub(super) const HELPER: Bits = OUT_INTERFACE.then(NAME_BITS);
pub(super) const STATE: Bits = HELPER.then(4);
pub(super) const REPLY: Bits = STATE.then(1);
pub(super) const MARK: Bits = REPLY.then(32);
pub(super) const CONNECTION_MARK: Bits = MARK.then(32);
pub(super) const PROTOCOL: Bits = CONNECTION_MARK.then(8);
pub(super) const DESTINATION_PORT: Bits = PROTOCOL.then(16);
pub(super) const SOURCE_PORT: Bits = DESTINATION_PORT.then(16);
pub(super) const FLAGS: Bits = SOURCE_PORT.then(8);
pub(super) const FIRST_OPAQUE: Variable = FLAGS.end();

/// The opaque predicates that a space may hold, which bounds the depth of recursion.
pub(super) const MOST_OPAQUE: Variable = 2048;

/// After every opaque predicate that there may be.
pub(super) const END: Variable = FIRST_OPAQUE + MOST_OPAQUE;

/// The tag that pf keeps with a packet, by its number in the space; 0 is none. pf has 50000 at most.
pub(super) const TAG: Bits = Bits { first: END, width: 16 };

/// Which rule's decision stands where a later one may overrule it.
pub(super) const STANDING: Bits = TAG.then(26);

/// What else is noted of a packet, a bit each.
pub(super) const NOTES: Bits = STANDING.then(3);

/// Below everything else, what a set that is [labelled](super::label) says of its packets.
pub(super) const LABEL: Bits = NOTES.then(26);

/// The protocols whose packets have ports.
pub(super) const WITH_PORTS: [Protocol; 5] =
    [Protocol::Tcp, Protocol::Udp, Protocol::DCCP, Protocol::SCTP, Protocol::UDPLITE];

/// The protocols whose packets have an ICMP type and code.
pub(super) const WITH_TYPES: [Protocol; 2] = [Protocol::Icmp, Protocol::Icmpv6];

/// The code of a state: its bits, at the top, and how many.
pub(super) fn state_code(state: State) -> (u128, Variable) {
    let (bits, width) = match state {
        State::Established => (0b0, 1),
        State::New => (0b10, 2),
        State::Related => (0b110, 3),
        State::Invalid => (0b1110, 4),
        State::Untracked => (0b1111, 4),
    };
    (bits << (128 - width), width)
}

/// The code of a name: its bits, at the top, and how many; `None` for what cannot be a name.
pub(super) fn name_code(name: &str) -> Option<(u128, Variable)> {
    let (bits, width) = prefix_code(name)?;
    // The NUL that ends it is zero already. The longest names do without.
    Some((bits, (width + 8).min(NAME_BITS)))
}

/// The code of the names that start with `prefix`.
pub(super) fn prefix_code(prefix: &str) -> Option<(u128, Variable)> {
    if prefix.len() > LONGEST_NAME || prefix.bytes().any(|byte| byte == 0) {
        return None;
    }
    let bits = prefix.bytes().zip([120, 112, 104, 96, 88, 80, 72, 64, 56, 48, 40, 32, 24, 16, 8]);
    let bits = bits.fold(0, |bits, (byte, shift)| bits | u128::from(byte) << shift);
    Some((bits, Variable::try_from(prefix.len() * 8).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_with_ports_are_those_that_say_so() {
        for protocol in (0..=u8::MAX).map(Protocol::from_number) {
            assert_eq!(protocol.has_ports(), WITH_PORTS.contains(&protocol));
        }
    }

    #[test]
    fn names_are_prefix_free() {
        assert_eq!(name_code("lo"), Some((u128::from(b'l') << 120 | u128::from(b'o') << 112, 24)));
        assert_eq!(name_code("").map(|(_, width)| width), Some(8));
        assert_eq!(name_code("fifteen-letters"), prefix_code("fifteen-letters"));
        assert_eq!(name_code("sixteen--letters"), None);
    }
}
