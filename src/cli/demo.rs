//! `ftpfw demo`: everything, on a deployment that is built in.

use super::deployment::demo;
use super::explain::{Format, written};
use super::generate::output_files;
use super::{Console, Exit, Failure};
use crate::explain::explain;
use crate::flow::Shape;
use crate::lang;
use crate::report::document::Document;
use crate::report::text;

/// Prints the built-in deployment, its explanation and its rule sets.
pub(super) fn run(console: &mut Console) -> Result<Exit, Failure> {
    let (yaml, deployment) = demo(console)?;
    let lang = console.lang();

    let mut document = Document::default();
    document.heading(1, lang::demo::deployment(lang));
    document.paragraph(lang::demo::introduction(lang));
    document.code(yaml);
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
    Ok(Exit::Well)
}
