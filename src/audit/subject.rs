//! A firewall of the deployment and the rule sets that are loaded on it.

use crate::deployment::Firewall;
use crate::dialect::collection::Collection;
use crate::ruleset::Host;

/// A firewall and what is loaded on it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The firewall, one of the deployment's.
    pub firewall: &'a Firewall,
    /// Its rule sets, and what they say of its settings.
    pub rules: &'a Collection,
}

impl Subject<'_> {
    /// What its machine is set to: as declared, and as the texts say, which are closer to it.
    pub(super) fn host(&self) -> Host {
        let mut host = self.firewall.host.clone();
        host.merge(self.rules.host.clone());
        host
    }
}
