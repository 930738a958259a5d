//! `ftpfw audit`: what is wrong with the rule sets of a deployment.

mod baseline;
mod fix;
pub(super) mod input;
pub(super) mod output;

use std::path::PathBuf;

use super::choice::choice;
use super::deployment::{DeploymentArgs, load_for_audit};
use super::firewalls::Chosen;
use super::form::Form;
use super::{Console, Exit, Failure, live, rulesets};
use crate::audit::suppress::suppress;
use crate::audit::{Audit, Level, Request, Subject, Trials, audit};
use crate::dialect::Format;
use crate::lang;
use crate::lang::audit::Sources;
use crate::lang::trace;
use crate::report::escape;

/// The arguments of `ftpfw audit`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Which firewalls.
    #[command(flatten)]
    pub(super) chosen: Chosen,
    /// The format of the rule sets.
    #[arg(long, value_name = "FORMAT", value_parser = choice(&Format::ALL, Format::id))]
    pub(super) from: Option<Format>,
    /// Reports everything that is accepted beyond the declared traffic.
    #[arg(long)]
    pub(super) strict: bool,
    /// Prints a patch that mends what can be mended safely, instead of the report.
    #[arg(long, conflicts_with = "format")]
    pub(super) fix: bool,
    /// The level from which findings fail the run.
    #[arg(long, value_name = "LEVEL", default_value = FailOn::Error.id(), value_parser = choice(&FailOn::ALL, FailOn::id))]
    pub(super) fail_on: FailOn,
    /// Reads the rules that are in force here.
    #[arg(long, conflicts_with = "from")]
    pub(super) live: bool,
    /// The findings of an earlier audit, which do not fail.
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Where to record the findings.
    #[arg(long, value_name = "FILE")]
    pub(super) write_baseline: Option<PathBuf>,
    /// How to write the answer.
    #[arg(long, value_name = "FORMAT", default_value = Form::Text.id(), value_parser = choice(&Form::ALL, Form::id))]
    pub(super) format: Form,
    /// What the rule sets should let through.
    #[command(flatten, next_help_heading = "deployment")]
    pub(super) deployment: DeploymentArgs,
    /// The rule sets of one firewall, which apply together.
    #[arg(value_name = "RULESET")]
    pub(super) rulesets: Vec<PathBuf>,
}

/// From which level on findings fail the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailOn {
    /// Errors only.
    Error,
    /// Warnings too.
    Warning,
    /// Any finding.
    Info,
    /// None.
    Never,
}

impl FailOn {
    const ALL: [Self; 4] = [Self::Error, Self::Warning, Self::Info, Self::Never];

    fn id(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::Never => "never",
        }
    }

    /// The lowest level that fails.
    fn level(self) -> Option<Level> {
        match self {
            Self::Error => Some(Level::Error),
            Self::Warning => Some(Level::Warning),
            Self::Info => Some(Level::Info),
            Self::Never => None,
        }
    }
}

/// Audits the rule sets named, those that the deployment names, or those in force here.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let (declared, paths) = input::sorted(arguments);
    let Some((reading, deployment)) = load_for_audit(&declared, console)? else {
        return Ok(Exit::Well);
    };
    arguments.chosen.check(&deployment)?;
    let known = arguments.baseline.as_deref().map(baseline::read).transpose()?;
    let input::Input { loaded, complete } = input::load(arguments, &paths, &reading, &deployment, console)?;
    let subjects = loaded.iter().map(|(firewall, rules)| Subject { firewall, rules }).collect();
    let request = Request { deployment: &deployment, subjects, strict: arguments.strict };
    let audited = |request: &Request<'_>| {
        let mut result = audit(request);
        suppress(&mut result, request, known.as_ref());
        result
    };
    let mut result = audited(&request);

    let rules: Vec<(&str, trace::Subject<'_>)> = loaded
        .iter()
        .map(|(firewall, rules)| {
            (firewall.name.as_str(), trace::Subject { ruleset: &rules.ruleset, texts: &rules.texts })
        })
        .collect();
    let name = arguments.baseline.as_ref().map(|path| path.display().to_string());
    let sources = Sources { rules: &rules, deployment: &reading, baseline: name.as_deref() };
    let trials = Trials::new(&request, &audited);
    if arguments.fix {
        fix::print(&trials, &result, console)?;
    } else {
        console.print(&match arguments.format {
            Form::Text => output::text(&result, sources, console),
            Form::Json => {
                trials.of_each(&mut result);
                escape::json(&lang::audit::json(&result, sources, console.lang()))
            }
        })?;
    }
    for firewall in &result.too_complex {
        console.note(&lang::audit::too_complex(firewall, console.lang()));
    }
    let fails = match &arguments.write_baseline {
        Some(path) => {
            baseline::write(path, &result, &request, console)?;
            // All that is known of is recorded now.
            false
        }
        None => arguments.fail_on.level().is_some_and(|limit| worst(&result) >= Some(limit)),
    };
    Ok(match fails {
        true => Exit::Findings,
        false if result.too_complex.is_empty() && complete => Exit::Well,
        false => Exit::Inconclusive,
    })
}

/// The worst level that counts. A suppression that leaves nothing out is a warning.
fn worst(audit: &Audit) -> Option<Level> {
    let idle = audit.idle.iter().map(|_| Level::Warning);
    audit.findings.iter().map(|finding| finding.level).chain(idle).max()
}
