//! `ftpfw schema`: the JSON Schemas of the deployment file and of what the program prints.

use super::choice::choice;
use super::{Console, Exit, Failure};
use crate::deployment::json_schema;
use crate::lang;

/// The arguments of `ftpfw schema`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Of what.
    #[arg(value_name = "OF", default_value = Of::Deployment.id(), value_parser = choice(&Of::ALL, Of::id))]
    pub(super) of: Of,
}

/// What a schema is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// The deployment file.
    Deployment,
    /// `explain --format json`.
    Explain,
    /// `audit --format json`.
    Audit,
    /// `diff --format json`.
    Diff,
    /// `probe --format json`.
    Probe,
}

impl Of {
    const ALL: [Self; 5] = [Self::Deployment, Self::Explain, Self::Audit, Self::Diff, Self::Probe];

    fn id(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Explain => "explain",
            Self::Audit => "audit",
            Self::Diff => "diff",
            Self::Probe => "probe",
        }
    }
}

/// Prints a schema; that of the deployment file describes its fields in the language of the console.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let lang = console.lang();
    let schema = match arguments.of {
        Of::Deployment => format!("{:#}\n", json_schema(|field| lang::field::describe(field, lang))),
        Of::Explain => include_str!("../../docs/schema/explain.json").to_owned(),
        Of::Audit => include_str!("../../docs/schema/audit.json").to_owned(),
        Of::Diff => include_str!("../../docs/schema/diff.json").to_owned(),
        Of::Probe => include_str!("../../docs/schema/probe.json").to_owned(),
    };
    console.print(&schema)?;
    Ok(Exit::Well)
}
