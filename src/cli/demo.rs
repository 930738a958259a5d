//! `ftpfw demo`: everything, on a deployment that is built in.

mod loopback;

use super::audit::output;
use super::deployment::demo;
use super::explain::{Format, written};
use super::generate::output_files;
use super::{Console, Exit, Failure};
use crate::audit::{Audit, Request, Subject, Trials, audit};
use crate::deployment::{Deployment, Firewall, Reading};
use crate::dialect;
use crate::dialect::collection::{Collection, Text, read};
use crate::explain::explain;
use crate::flow::Shape;
use crate::lang::audit::Sources;
use crate::lang::{self, trace};
use crate::report::document::Document;
use crate::report::patch::unified;
use crate::report::text;

/// A rule set for the first firewall that lacks a part of the passive range, has a hole, and a rule that is of no use.
const FAULTY: &str = include_str!("../../rules/demo/faulty.nft");

/// Prints the built-in deployment, its explanation and its rule sets; then audits a faulty rule set, mends it, and
/// audits what came of it; and probes a responder of its own.
pub(super) fn run(console: &mut Console) -> Result<Exit, Failure> {
    let (reading, deployment) = demo(console)?;
    let lang = console.lang();

    let mut document = Document::default();
    document.heading(1, lang::demo::deployment(lang));
    document.paragraph(lang::demo::introduction(lang));
    document.code(reading.source.text.as_str());
    console.print(&text::render(&document, console.dress()))?;

    let explanation = explain(&deployment, |_| true);
    console.print(&format!("\n{}", written(&explanation, Format::Table, console)))?;

    for firewall in &deployment.firewalls {
        let mut document = Document::default();
        document.heading(1, lang::demo::rule_set(&firewall.name, firewall.dialect.id(), lang));
        for file in output_files(&deployment, firewall, Shape::Complete, lang) {
            document.code(file.text);
        }
        console.print(&format!("\n{}", text::render(&document, console.dress())))?;
    }
    if let Some(firewall) = deployment.firewalls.first() {
        audited(&reading, &deployment, firewall, console)?;
    }
    loopback::probed(console)?;
    Ok(Exit::Well)
}

/// The faulty rule set, the patch, and that there is nothing left to find.
fn audited(
    reading: &Reading,
    deployment: &Deployment,
    firewall: &Firewall,
    console: &mut Console,
) -> Result<(), Failure> {
    let lang = console.lang();
    let faulty = Text { name: "faulty.nft".to_owned(), content: FAULTY.to_owned() };
    let rules = read(vec![(faulty, dialect::Format::Nft)], &mut |_| None);
    let request = Request { deployment, subjects: vec![Subject { firewall, rules: &rules }], strict: false };
    let found = audit(&request);
    let patch = Trials::new(&request, &audit).mend(0, &found);

    let mut document = Document::default();
    document.heading(1, lang::demo::faulty(&firewall.name, lang));
    document.code(FAULTY);
    console.print(&format!("\n{}", text::render(&document, console.dress())))?;
    let report = |found: &Audit, rules: &Collection, console: &Console| {
        let rules =
            [(firewall.name.as_str(), trace::Subject { ruleset: &rules.ruleset, texts: &rules.texts })];
        output::text(found, Sources { rules: &rules, deployment: reading, baseline: None }, console)
    };
    console.print(&format!("\n{}", report(&found, &rules, console)))?;

    let mut document = Document::default();
    document.heading(1, lang::demo::mended(lang));
    document.code(unified(&rules.texts, &patch.texts));
    console.print(&format!("\n{}", text::render(&document, console.dress())))?;
    console.print(&format!("\n{}", report(&patch.audit, &rules, console)))?;
    Ok(())
}
