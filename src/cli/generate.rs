//! `ftpfw generate`: the rule sets of the declared firewalls.

use std::path::PathBuf;

use super::choice::choice;
use super::deployment::{DeploymentArgs, load};
use super::firewalls::Chosen;
use super::{Console, Exit, Failure, files};
use crate::deployment::{Deployment, Firewall};
use crate::dialect::{self, Loading, OutputFile};
use crate::flow::{Shape, grant};
use crate::lang::generate::{Header, header};
use crate::lang::{self, Lang};
use crate::packet::Family;

/// The arguments of `ftpfw generate`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// For which firewalls.
    #[command(flatten)]
    pub(super) chosen: Chosen,
    /// Whole rule sets, which is the default.
    #[arg(long, conflicts_with = "fragment")]
    pub(super) complete: bool,
    /// Only the part for FTP.
    #[arg(long)]
    pub(super) fragment: bool,
    /// Only the files of one family.
    #[arg(long, value_name = "FAMILY", value_parser = choice(&Family::ALL, Family::id))]
    pub(super) family: Option<Family>,
    /// Where to write files.
    #[arg(long, short, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// What to generate for.
    #[command(flatten, next_help_heading = "deployment")]
    pub(super) deployment: DeploymentArgs,
}

impl Arguments {
    fn shape(&self) -> Shape {
        if self.fragment { Shape::Fragment } else { Shape::Complete }
    }

    /// Whether a file speaks of a family that is asked for.
    fn wants(&self, file: &OutputFile) -> bool {
        file.family.is_none_or(|family| self.family.is_none_or(|wanted| wanted == family))
    }
}

/// Prints the rule sets, or writes each into a file of its own.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let Some(deployment) = load(&arguments.deployment, console)? else {
        return Ok(Exit::Well);
    };
    arguments.chosen.check(&deployment)?;
    let chosen = deployment.firewalls.iter().filter(|firewall| arguments.chosen.includes(firewall));
    let files: Vec<OutputFile> = chosen
        .flat_map(|firewall| output_files(&deployment, firewall, arguments.shape(), console.lang()))
        .filter(|file| arguments.wants(file))
        .collect();
    match &arguments.output {
        None => {
            let texts: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
            console.print(&texts.join("\n"))?;
        }
        Some(directory) => {
            for file in &files {
                let path = files::replace(directory, &file.name, &file.text)?;
                if console.is_watched() {
                    console.note(&lang::failure::written(&path, console.lang()));
                }
            }
        }
    }
    Ok(Exit::Well)
}

/// The files of one firewall, each with the header that says how to put it to work.
pub(super) fn output_files(
    deployment: &Deployment,
    firewall: &Firewall,
    shape: Shape,
    lang: Lang,
) -> Vec<OutputFile> {
    let grant = grant(deployment, firewall, shape);
    let loading = match shape {
        Shape::Complete => Loading::Replace,
        Shape::Fragment => Loading::Join,
    };
    let mut files = dialect::write(&grant.ruleset, firewall.dialect, loading, &firewall.name);
    for file in &mut files {
        let usage = dialect::usage(firewall.dialect, loading, file, &grant.attachments);
        let header = header(
            &Header { deployment, firewall, shape, file: &file.name, usage: &usage, proxies: &grant.proxies },
            lang,
        );
        file.text.insert_str(0, &format!("{header}\n"));
    }
    files
}
