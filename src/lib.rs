//! FTP through firewalls: one declared deployment, and from it what must be open (explain) and what to write
//! (generate); and what a rule set that exists does with one packet (trace).
//!
//! The rooms of the house, ground floor first; a room imports only from those above it in this list (a test
//! holds it to that):
//!
//! * [`packet`]: families, addresses, ports, packets and exact sets of them. Knows nothing of FTP or of firewalls.
//! * [`ruleset`]: the dialect-neutral rule set, and what it does with one packet, and with all.
//! * [`dialect`]: iptables, nftables and pf, a folder each.
//! * [`deployment`]: the declared deployment and its validation.
//! * [`flow`]: the flows that a deployment requires at a firewall, and the rule set that grants exactly those.
//! * [`explain`]: what an administrator asks beside the flows: which mode to prefer, which settings go with it.
//! * [`audit`]: what is wrong with the rule sets of a deployment.
//! * [`probe`]: real connections, and what they say about the firewalls on their path.
//! * [`report`]: one file per output format.
//! * [`lang`]: every sentence shown to people, in English and Chinese.
//! * [`cli`]: one file per command.

pub mod audit;
pub mod cli;
pub mod deployment;
pub mod dialect;
pub mod explain;
pub mod flow;
pub mod lang;
pub mod packet;
pub mod probe;
pub mod report;
pub mod ruleset;
