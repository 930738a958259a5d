//! A firewall of the deployment and the rule sets that are loaded on it.

use crate::deployment::Firewall;
use crate::dialect::collection::Collection;

/// A firewall and what is loaded on it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The firewall, one of the deployment's.
    pub firewall: &'a Firewall,
    /// Its rule sets, and what they say of its settings.
    pub rules: &'a Collection,
}
