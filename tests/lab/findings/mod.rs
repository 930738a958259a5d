//! The audit's own cases, loaded: what it says of each is what the kernel does.

mod samples;
mod transfers;

use ftpfw::audit::{Audit, Request, Subject, audit};
use ftpfw::deployment::Deployment;
use ftpfw::dialect::Format;
use ftpfw::dialect::collection::{Collection, Text};

use crate::fixtures::Fixture;

/// What an audit finds.
fn audited(deployment: &Deployment, rules: &Collection) -> Audit {
    let subjects = vec![Subject { firewall: &deployment.firewalls[0], rules }];
    audit(&Request { deployment, subjects, strict: false })
}

/// The case with other names for addresses and interfaces.
fn renamed(fixture: &Fixture, names: &[(&str, &str)]) -> Fixture {
    let rename = |text: &str| names.iter().fold(text.to_owned(), |text, (old, new)| text.replace(old, new));
    let texts = fixture.texts.iter();
    let texts = texts.map(|Text { name, content }| Text { name: name.clone(), content: rename(content) });
    Fixture { yaml: rename(&fixture.yaml), texts: texts.collect(), ..fixture.clone() }
}

/// Whether this kernel is told all of it: nobody sets sysctls and module parameters here.
fn is_loadable(fixture: &Fixture) -> bool {
    let loads = |(_, format): &(Text, Format)| {
        matches!(format, Format::Iptables | Format::Ip6tables | Format::Ipset | Format::Nft)
    };
    fixture.formats().iter().all(loads)
}
