//! `ftpfw audit`: what is wrong with the rule sets of a deployment.

use std::path::{Path, PathBuf};

use super::choice::choice;
use super::deployment::{DeploymentArgs, load_reading};
use super::firewalls::Chosen;
use super::{Console, Exit, Failure, rulesets};
use crate::audit::{Audit, Level, Request, Subject, Works, audit};
use crate::deployment::{Deployment, Firewall, Reading};
use crate::dialect::Format;
use crate::dialect::collection::Collection;
use crate::lang;
use crate::lang::audit::Texts;
use crate::report::text;

/// The arguments of `ftpfw audit`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// What the rule sets should let through.
    #[command(flatten, next_help_heading = "deployment")]
    pub(super) deployment: DeploymentArgs,
    /// The rule sets of one firewall, which apply together.
    #[arg(value_name = "RULESET")]
    pub(super) rulesets: Vec<PathBuf>,
    /// Which firewalls.
    #[command(flatten)]
    pub(super) chosen: Chosen,
    /// The format of the rule sets.
    #[arg(long, value_name = "FORMAT", value_parser = choice(&Format::ALL, Format::id))]
    pub(super) from: Option<Format>,
    /// Reports everything that is accepted beyond the declared traffic.
    #[arg(long)]
    pub(super) strict: bool,
    /// The level from which findings fail the run.
    #[arg(long, value_name = "LEVEL", default_value = FailOn::Error.id(), value_parser = choice(&FailOn::ALL, FailOn::id))]
    pub(super) fail_on: FailOn,
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

/// Audits the rule sets named, or those that the deployment names.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let (declared, paths) = sorted(arguments);
    let Some((reading, deployment)) = load_reading(&declared, console)? else {
        return Ok(Exit::Well);
    };
    arguments.chosen.check(&deployment)?;
    let mut loaded: Vec<(&Firewall, Collection)> = Vec::new();
    if paths.is_empty() {
        for firewall in deployment.firewalls.iter().filter(|firewall| arguments.chosen.includes(firewall)) {
            if !firewall.rulesets.is_empty() {
                loaded.push((firewall, rulesets::load(&firewall.rulesets, arguments.from, console)?));
            }
        }
        if loaded.is_empty() {
            return Err(Failure::NoRulesets);
        }
    } else {
        let firewall = only_one(&deployment, &arguments.chosen)?;
        loaded.push((firewall, rulesets::load(&paths, arguments.from, console)?));
    }
    let subjects = loaded.iter().map(|(firewall, rules)| Subject { firewall, rules }).collect();
    let result = audit(&Request { deployment: &deployment, subjects, strict: arguments.strict });
    console.print(&written(&result, &loaded, &reading, console))?;
    for firewall in &result.too_complex {
        console.note(&lang::audit::too_complex(firewall, console.lang()));
    }
    let worst = result.findings.iter().map(|finding| finding.level).max();
    Ok(match (arguments.fail_on.level(), worst) {
        (Some(limit), Some(worst)) if worst >= limit => Exit::Findings,
        _ if result.too_complex.is_empty() => Exit::Well,
        _ => Exit::Inconclusive,
    })
}

/// The deployment and the rule sets: a file that comes first is the deployment if it is YAML by its name, unless
/// options stand in its place.
fn sorted(arguments: &Arguments) -> (DeploymentArgs, Vec<PathBuf>) {
    let mut declared = arguments.deployment.clone();
    let mut paths = arguments.rulesets.clone();
    let by_options = declared.is_by_options();
    let is_yaml =
        |path: &Path| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    if let Some(first) = declared.deployment.take_if(|first| by_options || !is_yaml(first)) {
        paths.insert(0, first);
    }
    (declared, paths)
}

/// The firewall that rule sets on the command line are of.
fn only_one<'a>(deployment: &'a Deployment, chosen: &Chosen) -> Result<&'a Firewall, Failure> {
    let mut meant = deployment.firewalls.iter().filter(|firewall| chosen.includes(firewall));
    match (meant.next(), meant.next()) {
        (Some(firewall), None) => Ok(firewall),
        _ => Err(Failure::WhichFirewall {
            declared: deployment.firewalls.iter().map(|firewall| firewall.name.clone()).collect(),
        }),
    }
}

/// The report.
fn written(
    audit: &Audit,
    loaded: &[(&Firewall, Collection)],
    reading: &Reading,
    console: &Console,
) -> String {
    let lang = console.lang();
    let subject = |name: &str| {
        let (_, rules) = loaded.iter().find(|(firewall, _)| firewall.name == name)?;
        Some(lang::trace::Subject { ruleset: &rules.ruleset, texts: &rules.texts })
    };
    let place = |works: &Works| {
        let blocked = works.blocked_by.as_ref()?;
        lang::audit::place(blocked.by?, subject(&blocked.firewall)?)
    };
    let tables = lang::audit::document(audit, place, lang);
    let mut parts = vec![text::render(&tables, console.dress())];
    for finding in &audit.findings {
        let subject = finding.firewall.as_deref().and_then(subject);
        let texts = Texts { subject, deployment: reading };
        parts.push(lang::audit::diagnostic(finding, texts, lang, console.dress().color));
        parts.push(String::new());
    }
    parts.push(lang::audit::summary(audit, lang));
    parts.join("\n") + "\n"
}
