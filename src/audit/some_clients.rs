//! A helper that reads the control connections of some clients only: their data connections are expected, those of the
//! others are not.

use super::context::Context;
use super::crossing::Session;
use super::matrix::Judged;
use crate::flow::{Channel, End, FlowId};
use crate::packet::{AddressSet, Family, PacketSet, Space, TooComplex};

/// The sources of `attached`, what a helper reads of all that is `served`, if they are what tells it from the rest.
pub(super) fn of(
    served: PacketSet,
    attached: PacketSet,
    space: &mut Space,
) -> Result<Option<AddressSet>, TooComplex> {
    let read = space.intersection(served, attached)?;
    if read.is_empty() {
        return Ok(None);
    }
    let clients = space.sources_of(read)?;
    let own = space.source(&clients)?;
    let theirs = space.intersection(served, own)?;
    Ok((theirs == read).then_some(clients))
}

impl Context<'_> {
    /// What the rules make of the packets of one flow if a helper reads the sessions of some clients only, of what they
    /// make of them if it read all and if it read none. `None` where it does read all or none.
    pub(super) fn if_expected_by_some(
        &mut self,
        (if_expected, if_new): (&[Judged], &[Judged]),
        flow: FlowId,
        family: Family,
        session: Session,
    ) -> Result<Option<Vec<Judged>>, TooComplex> {
        if session != Session::Plain || flow.channel() != Channel::Data {
            return Ok(None);
        }
        let known = self.some_clients.iter().find(|(own, _)| *own == family);
        let Some((_, clients)) = known.cloned() else { return Ok(None) };
        let is_meant = |judged: &&Judged| judged.crossing.flow == flow && judged.crossing.family == family;
        let expected: Vec<Judged> = if_expected.iter().filter(is_meant).cloned().collect();
        let new: Vec<Judged> = if_new.iter().filter(is_meant).cloned().collect();
        let are_alike = expected.len() == new.len()
            && expected.iter().zip(&new).all(|(one, other)| {
                one.crossing.moment == other.crossing.moment && other.crossing.onward.is_full()
            });
        if !are_alike {
            return Ok(None);
        }
        let space = &mut self.space;
        let own = match flow.sender() {
            End::Client => space.source(&clients)?,
            End::Server => space.destination(&clients)?,
        };
        let mut both = Vec::new();
        for (expected, new) in expected.into_iter().zip(new) {
            let mut joined = new.clone();
            joined.crossing.packets = space.choose(own, expected.crossing.packets, new.crossing.packets)?;
            joined.closed = space.choose(own, expected.closed, new.closed)?;
            joined.doubtful = space.choose(own, expected.doubtful, new.doubtful)?;
            joined.bannable = space.choose(own, expected.bannable, new.bannable)?;
            both.push(joined);
        }
        Ok(Some(both))
    }
}
