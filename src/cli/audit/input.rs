//! Which rule sets an audit is about.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Arguments, live, rulesets};
use crate::audit::syntax;
use crate::cli::deployment::DeploymentArgs;
use crate::cli::firewalls::Chosen;
use crate::cli::{Console, Failure};
use crate::deployment::{Deployment, Firewall, Reading};
use crate::dialect::Format;
use crate::dialect::collection::Collection;
use crate::dialect::reading::Problem;
use crate::lang;

/// The rule sets of each firewall.
pub(super) struct Input<'a> {
    pub(super) loaded: Vec<(&'a Firewall, Collection)>,
    /// Whether nothing is missing that may hold rules.
    pub(super) complete: bool,
}

/// The deployment and the rule sets: a file that comes first is the deployment if it is YAML by its name, unless
/// options stand in its place.
pub(super) fn sorted(arguments: &Arguments) -> (DeploymentArgs, Vec<PathBuf>) {
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

/// Reads the rule sets.
pub(super) fn load<'a>(
    arguments: &Arguments,
    paths: &[PathBuf],
    reading: &Reading,
    deployment: &'a Deployment,
    console: &mut Console,
) -> Result<Input<'a>, Failure> {
    if arguments.live {
        if !paths.is_empty() {
            return Err(Failure::LiveAndFiles);
        }
        let firewall = only_one(deployment, &arguments.chosen)?;
        let (rules, complete) = live::load(console)?;
        return Ok(Input { loaded: vec![(firewall, rules)], complete });
    }
    let loaded = named(paths, &arguments.chosen, arguments.from, (reading, deployment), console)?;
    if loaded.is_empty() {
        return Err(Failure::NoRulesets);
    }
    // A file that is cut off, or none of rules at all, reads like a firewall that lets everything through. What firewalld
    // or ufw makes of a file is known to nobody else.
    let is_known = |rules: &Collection| !rules.formats.iter().any(|format| format.is_of_frontend());
    let mut complete = loaded.iter().all(|(_, rules)| !rules.ruleset.is_empty() && is_known(rules));
    for (_, rules) in &loaded {
        let refused = rules.problems.iter().filter(|problem| problem.is_refused());
        let texts: BTreeSet<usize> =
            refused.filter_map(|problem| usize::try_from(problem.origin.text).ok()).collect();
        for text in texts.into_iter().filter_map(|text| rules.texts.get(text)) {
            console.note(&lang::reading::refused(&text.name, console.lang()));
            complete = false;
        }
    }
    Ok(Input { loaded, complete })
}

/// The rule sets in `paths`, which are those of one firewall, or else those that the deployment names.
pub(in crate::cli) fn named<'a>(
    paths: &[PathBuf],
    chosen: &Chosen,
    from: Option<Format>,
    (reading, deployment): (&Reading, &'a Deployment),
    console: &mut Console,
) -> Result<Vec<(&'a Firewall, Collection)>, Failure> {
    if !paths.is_empty() {
        let firewall = only_one(deployment, chosen)?;
        return Ok(vec![(firewall, read(paths, from, console)?)]);
    }
    // What a deployment names is beside it.
    let folder = Path::new(&reading.source.name).parent().unwrap_or(Path::new(""));
    let mut loaded = Vec::new();
    for firewall in deployment.firewalls.iter().filter(|firewall| chosen.includes(firewall)) {
        if !firewall.rulesets.is_empty() {
            let paths: Vec<PathBuf> = firewall.rulesets.iter().map(|path| folder.join(path)).collect();
            loaded.push((firewall, read(&paths, from, console)?));
        }
    }
    Ok(loaded)
}

/// Reads the rule sets of one firewall. What is not understood and makes a finding is said as that.
fn read(paths: &[PathBuf], from: Option<Format>, console: &mut Console) -> Result<Collection, Failure> {
    let shown = |problem: &Problem, rules: &Collection| syntax::rule(problem, &rules.texts).is_none();
    rulesets::load_and_say(paths, from, shown, console)
}

/// The firewall that the rule sets are of.
fn only_one<'a>(deployment: &'a Deployment, chosen: &Chosen) -> Result<&'a Firewall, Failure> {
    let mut meant = deployment.firewalls.iter().filter(|firewall| chosen.includes(firewall));
    match (meant.next(), meant.next()) {
        (Some(firewall), None) => Ok(firewall),
        _ => Err(Failure::WhichFirewall {
            declared: deployment.firewalls.iter().map(|firewall| firewall.name.clone()).collect(),
        }),
    }
}
