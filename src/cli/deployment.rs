//! Which deployment a command is about: a file, or a few options in its place.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Console, Failure};
use crate::deployment::{self, CommandLine, Deployment, MAX_BYTES, Reading};
use crate::dialect::Dialect;
use crate::lang;

/// The file that is looked for when none is named.
const FILE_NAME: &str = "ftpfw.yaml";

/// The deployment that `ftpfw demo` shows.
const DEMO: &str = include_str!("../../rules/demo/ftpfw.yaml");

/// Which deployment a command is about.
///
/// The values are plain text here: they are checked as those of a file are, and problems shown in the same way.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct DeploymentArgs {
    /// The file, or `-` for standard input.
    #[arg(value_name = "DEPLOYMENT")]
    pub(super) deployment: Option<PathBuf>,
    /// See [`CommandLine::server`].
    #[arg(long, value_name = "ADDR")]
    pub(super) server: Vec<String>,
    /// See [`CommandLine::pasv`].
    #[arg(long, value_name = "RANGE")]
    pub(super) pasv: Option<String>,
    /// See [`CommandLine::control`].
    #[arg(long, value_name = "PORT")]
    pub(super) control: Option<String>,
    /// See [`CommandLine::active`].
    #[arg(long)]
    pub(super) active: bool,
    /// See [`CommandLine::passive`].
    #[arg(long)]
    pub(super) passive: bool,
    /// See [`CommandLine::active_port`].
    #[arg(long, value_name = "PORT")]
    pub(super) active_port: Option<String>,
    /// See [`CommandLine::advertised`].
    #[arg(long, value_name = "ADDR")]
    pub(super) advertised: Option<String>,
    /// See [`CommandLine::tls`].
    #[arg(long, value_name = "KIND")]
    pub(super) tls: Option<String>,
    /// See [`CommandLine::software`].
    #[arg(long, value_name = "NAME")]
    pub(super) software: Option<String>,
    /// See [`CommandLine::client`].
    #[arg(long, value_name = "CIDR")]
    pub(super) client: Vec<String>,
    /// See [`CommandLine::client_ports`].
    #[arg(long, value_name = "RANGE")]
    pub(super) client_ports: Option<String>,
    /// See [`CommandLine::side`].
    #[arg(long, value_name = "SIDE")]
    pub(super) side: Option<String>,
    /// See [`CommandLine::place`].
    #[arg(long, value_name = "PLACE")]
    pub(super) place: Option<String>,
    /// See [`CommandLine::dialect`].
    #[arg(long, value_name = "DIALECT")]
    pub(super) dialect: Option<String>,
    /// See [`CommandLine::strategy`].
    #[arg(long, value_name = "STRATEGY")]
    pub(super) strategy: Option<String>,
    /// See [`CommandLine::outside`].
    #[arg(long, value_name = "IF")]
    pub(super) outside: Option<String>,
    /// See [`CommandLine::inside`].
    #[arg(long, value_name = "IF")]
    pub(super) inside: Option<String>,
    /// See [`CommandLine::public`].
    #[arg(long, value_name = "ADDR")]
    pub(super) public: Option<String>,
    /// See [`CommandLine::private`].
    #[arg(long, value_name = "ADDR")]
    pub(super) private: Option<String>,
    /// See [`CommandLine::egress`].
    #[arg(long, value_name = "EGRESS")]
    pub(super) egress: Option<String>,
    /// Prints the deployment instead of using it.
    #[arg(long)]
    pub(super) print_deployment: bool,
}

impl DeploymentArgs {
    /// Whether options declare the deployment, so that there is no file.
    pub(super) fn is_by_options(&self) -> bool {
        !self.command_line().is_empty()
    }

    /// Whether there is a deployment: by options, or in a file that is named or found.
    pub(super) fn is_declared(&self) -> bool {
        self.is_by_options() || self.deployment.is_some() || find().is_some()
    }

    fn command_line(&self) -> CommandLine {
        let args = self.clone();
        CommandLine {
            server: args.server,
            pasv: args.pasv,
            control: args.control,
            active: args.active,
            passive: args.passive,
            active_port: args.active_port,
            advertised: args.advertised,
            tls: args.tls,
            software: args.software,
            client: args.client,
            client_ports: args.client_ports,
            side: args.side,
            place: args.place,
            dialect: args.dialect,
            strategy: args.strategy,
            outside: args.outside,
            inside: args.inside,
            public: args.public,
            private: args.private,
            egress: args.egress,
        }
    }
}

/// The deployment that a command is about, its problems reported; `None` when it was only to be printed.
///
/// # Errors
///
/// What stands in the way of having one.
pub(super) fn load(args: &DeploymentArgs, console: &mut Console) -> Result<Option<Deployment>, Failure> {
    Ok(load_with_source(args, console)?.map(|(_, deployment)| deployment))
}

/// The same, with what knows where each field stands.
///
/// # Errors
///
/// What stands in the way of having one.
pub(super) fn load_with_source(
    args: &DeploymentArgs,
    console: &mut Console,
) -> Result<Option<(Reading, Deployment)>, Failure> {
    let reading = read(args, console)?;
    accepted(reading, args, console)
}

/// The same for `audit`: with what knows where each field stands, and without what is said as a finding.
///
/// # Errors
///
/// What stands in the way of having one.
pub(super) fn load_for_audit(
    args: &DeploymentArgs,
    console: &mut Console,
) -> Result<Option<(Reading, Deployment)>, Failure> {
    let mut reading = read(args, console)?;
    reading.problems.retain(|problem| problem.finding().is_none());
    accepted(reading, args, console)
}

fn accepted(
    reading: Reading,
    args: &DeploymentArgs,
    console: &mut Console,
) -> Result<Option<(Reading, Deployment)>, Failure> {
    let deployment = accept(&reading, console)?;
    if args.print_deployment {
        console.print(&deployment::print(&deployment))?;
        return Ok(None);
    }
    Ok(Some((reading, deployment)))
}

/// The deployment that is built in, and where its fields stand.
///
/// # Errors
///
/// None that a released program has: a test reads it.
pub(super) fn demo(console: &mut Console) -> Result<(Reading, Deployment), Failure> {
    let reading = deployment::read("rules/demo/ftpfw.yaml", DEMO.as_bytes(), None);
    let deployment = accept(&reading, console)?;
    Ok((reading, deployment))
}

fn accept(reading: &Reading, console: &mut Console) -> Result<Deployment, Failure> {
    if !reading.problems.is_empty() {
        let problems = lang::problem::report(reading, console.lang(), console.colors_messages());
        console.note(&problems);
    }
    reading.deployment.clone().ok_or(Failure::Reported)
}

fn read(args: &DeploymentArgs, console: &mut Console) -> Result<Reading, Failure> {
    let line = args.command_line();
    let refuse = |console: &mut Console, message: String| {
        let message = lang::usage::error(&message, console.lang());
        console.note(&message);
        Err(Failure::Reported)
    };
    if !line.is_empty() {
        if args.deployment.is_some() {
            return refuse(console, lang::load::file_and_options(console.lang()));
        }
        if line.server.is_empty() {
            return refuse(console, lang::load::options_without_server(console.lang()));
        }
        return Ok(deployment::read_command_line(&line));
    }
    let dialect = match line.dialect.as_deref().map(deployment::read_dialect) {
        None => None,
        Some(Ok(dialect)) => Some(dialect),
        Some(Err(reading)) => return accept(&reading, console).and(Err(Failure::Reported)),
    };
    match &args.deployment {
        Some(path) if path.as_os_str() == "-" => read_from("<stdin>", io::stdin().lock(), dialect)
            .or_else(|error| refuse(console, lang::load::unreadable("<stdin>", &error, console.lang()))),
        Some(path) => read_file(path, dialect, console),
        None => match find() {
            Some(path) => read_file(&path, dialect, console),
            None => refuse(console, lang::load::nothing_declared(FILE_NAME, console.lang())),
        },
    }
}

fn read_file(path: &Path, dialect: Option<Dialect>, console: &mut Console) -> Result<Reading, Failure> {
    let name = path.display().to_string();
    File::open(path).and_then(|file| read_from(&name, file, dialect)).map_err(|error| {
        let message = lang::load::unreadable(&name, &error, console.lang());
        console.note(&lang::usage::error(&message, console.lang()));
        Failure::Reported
    })
}

fn read_from(name: &str, file: impl Read, dialect: Option<Dialect>) -> io::Result<Reading> {
    let mut bytes = Vec::new();
    // One more than is accepted, so that the excess is seen, however much of it there is.
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(deployment::read(name, &bytes, dialect))
}

/// The deployment file in this folder or the nearest above it that has one.
fn find() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let folder = here.ancestors().find(|folder| folder.join(FILE_NAME).is_file())?;
    // In this folder the bare name says as much.
    Some(if folder == here { PathBuf::from(FILE_NAME) } else { folder.join(FILE_NAME) })
}
