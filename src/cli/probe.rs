//! `ftpfw probe`: real connections to the server, and what they say about the firewalls on the way.

mod foretold;
mod login;
mod progress;
mod target;

use std::path::PathBuf;

pub(super) use self::login::{anonymous, first_line};
use super::choice::choice;
use super::deployment::DeploymentArgs;
use super::firewalls::Chosen;
use super::form::Form;
use super::{Console, Exit, Failure, interrupt, number, token};
use crate::audit::Session;
use crate::deployment::Deployment;
use crate::lang;
use crate::lang::probe::Report;
use crate::packet::Family;
use crate::probe::conclusion::{Conclusions, Gravity, Verdict};
use crate::probe::plan::{Plan, Trust};
use crate::probe::sweep::{Sweep, probe_and_sweep};
use crate::probe::{check_trust, conclude_beside, mends, probe};
use crate::report::{escape, text};

/// How many replies to `PASV` and `EPSV` are collected in each session (facts of four servers: each picks at random).
const SAMPLES: u8 = 5;

/// The arguments of `ftpfw probe`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The server, where it is not asked for by its declared address.
    #[arg(long, value_name = "HOST")]
    pub(super) host: Option<String>,
    /// The end that is probed from. There is no other choice: the other end is `ftpfw respond`.
    #[arg(long = "from", value_name = "END", default_value = "client", value_parser = ["client"])]
    pub(super) end: String,
    /// Who logs in.
    #[arg(long, value_name = "USER")]
    pub(super) user: Option<String>,
    /// The file whose first line is the password.
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
    /// How sessions are encrypted.
    #[command(flatten)]
    pub(super) encryption: Encryption,
    /// Uploads nothing.
    #[arg(long)]
    pub(super) read_only: bool,
    /// Checks what the server makes of requests that it should refuse.
    #[arg(long)]
    pub(super) policy: bool,
    /// Asks for so many passive ports at once.
    #[arg(long, value_name = "COUNT")]
    pub(super) burst: Option<String>,
    /// Only one family.
    #[arg(long, value_name = "FAMILY", value_parser = choice(&Family::ALL, Family::id))]
    pub(super) family: Option<Family>,
    /// How long one connection attempt, or one reply, may take.
    #[arg(long, value_name = "SECONDS", default_value = "5")]
    pub(super) timeout: String,
    /// How many connections are attempted at once.
    #[arg(long, value_name = "COUNT")]
    pub(super) jobs: Option<String>,
    /// Tries every port, together with a responder.
    #[arg(long)]
    pub(super) sweep: bool,
    /// The file whose first line is the responder's token.
    #[arg(long, value_name = "FILE", requires = "sweep")]
    pub(super) token_file: Option<PathBuf>,
    /// The rule sets of one firewall, whose prediction is set beside what is seen.
    #[arg(long, value_name = "RULESET", num_args = 0..)]
    pub(super) explain_with: Option<Vec<PathBuf>>,
    /// Whose rule sets these are.
    #[command(flatten)]
    pub(super) chosen: Chosen,
    /// How to write the answer.
    #[arg(long, value_name = "FORMAT", default_value = Form::Text.id(), value_parser = choice(&Form::ALL, Form::id))]
    pub(super) format: Form,
    /// What to probe.
    #[command(flatten, next_help_heading = "deployment")]
    pub(super) deployment: DeploymentArgs,
}

/// How sessions are encrypted: with certificates that the system believes, and throughout, unless said otherwise.
#[derive(Debug, clap::Args)]
pub(super) struct Encryption {
    /// All certificates are believed.
    #[arg(long, conflicts_with = "ca")]
    pub(super) insecure: bool,
    /// Those that one of these signed.
    #[arg(long, value_name = "FILE")]
    pub(super) ca: Option<PathBuf>,
    /// Gives up TLS on the control connection after the login.
    #[arg(long)]
    pub(super) ccc: bool,
}

/// Probes the server, and prints what follows.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let Some((reading, deployment, target)) = target::find(arguments, console)? else {
        return Ok(Exit::Well);
    };
    arguments.chosen.check(&deployment)?;
    let rules = foretold::rules(arguments, (&reading, &deployment), console)?;
    let plan = plan(arguments, &deployment, target, console)?;
    let token = if arguments.sweep {
        Some(token::needed(arguments.token_file.as_deref(), console.lang())?)
    } else {
        None
    };
    let stop = interrupt::stop();
    let progress = progress::Progress::new(console);
    let (seen, sweeps) = match &token {
        Some(token) => {
            let (seen, sweeps) = probe_and_sweep(&plan, token, &stop, &progress);
            (seen, Some(sweeps))
        }
        None => (probe(&plan, &stop, &progress), None),
    };
    progress.clear();
    let conclusions = conclude_beside(&plan, &seen, sweeps.as_deref().unwrap_or_default());
    let mends = mends(&deployment, &lacking(&conclusions, sweeps.as_deref().unwrap_or_default()));
    let foretold = foretold::compare(&rules, &deployment, &seen, &conclusions);
    let report = Report {
        plan: &plan,
        conclusions: &conclusions,
        mends: &mends,
        sweeps: sweeps.as_deref(),
        foretold: foretold.as_deref(),
        interrupted: stop.is_requested() || seen.interrupted,
    };
    console.print(&written(&report, arguments.format, console))?;
    Ok(exit(&report))
}

fn plan(
    arguments: &Arguments,
    deployment: &Deployment,
    target: target::Target,
    console: &mut Console,
) -> Result<Plan, Failure> {
    let (service, lang) = (&deployment.service, console.lang());
    let jobs = arguments.jobs.as_deref().map(|text| number::count("--jobs", text, lang)).transpose()?;
    let trust = match &arguments.encryption.ca {
        Some(path) => {
            Trust::Roots(std::fs::read(path).map_err(|source| Failure::Read { path: path.clone(), source })?)
        }
        None if arguments.encryption.insecure => Trust::Anything,
        None => Trust::System,
    };
    if service.tls.encrypts() {
        check_trust(&trust).map_err(|words| {
            Failure::NoAnswer(lang::probe::unusable_trust(arguments.encryption.ca.as_deref(), &words, lang))
        })?;
    }
    Ok(Plan {
        servers: target.servers,
        aliases: target.aliases,
        name: target.name,
        control_port: service.control_port,
        tls: service.tls,
        sessions: Session::offered(service.tls).to_vec(),
        modes: service.modes,
        passive_ports: service.passive_ports,
        advertised: service.advertised_address,
        active_source: service.active_source.clone(),
        client_ports: deployment.clients.ports,
        login: login::ask(arguments, service, console)?,
        trust,
        clear_control: arguments.encryption.ccc,
        read_only: arguments.read_only,
        policy: arguments.policy,
        burst: arguments.burst.as_deref().map(|text| number::count("--burst", text, lang)).transpose()?,
        samples: SAMPLES,
        timeout: number::seconds("--timeout", &arguments.timeout, lang)?,
        jobs: jobs.map_or(usize::MAX, usize::from),
    })
}

/// A report as it is printed.
pub(super) fn written(report: &Report<'_>, form: Form, console: &Console) -> String {
    let (lang, dress) = (console.lang(), console.dress());
    if form == Form::Json {
        return escape::json(&lang::probe::json(report, lang));
    }
    let mut parts = vec![text::render(&lang::probe::document(report, lang), dress)];
    for conclusion in &report.conclusions.conclusions {
        parts.push(lang::probe::diagnostic(conclusion, report, lang, dress.color) + "\n");
    }
    let appendix = text::render(&lang::probe::appendix(report, lang), dress);
    if !appendix.is_empty() {
        parts.push(appendix);
    }
    parts.push(lang::probe::summary(report, lang));
    parts.join("\n") + "\n"
}

/// The flows that rules are missing for: those that are blocked, and data connections that a sweep saw fail.
fn lacking(conclusions: &Conclusions, sweeps: &[Sweep]) -> Conclusions {
    let mut lacking = conclusions.clone();
    for flow in &mut lacking.flows {
        let swept = sweeps.iter().find(|sweep| sweep.family == flow.family);
        if swept.is_some_and(|sweep| sweep.fails(flow.flow)) {
            flow.verdict = Verdict::Blocked(None);
        }
    }
    lacking
}

/// What is found out for certain counts, whatever else is not known.
fn exit(report: &Report<'_>) -> Exit {
    let found = report.conclusions;
    let any = |wanted: fn(Verdict) -> bool| found.flows.iter().any(|flow| wanted(flow.verdict));
    let fault = found.conclusions.iter().any(|conclusion| conclusion.kind.gravity() == Gravity::Fault);
    let sweeps = report.sweeps.unwrap_or_default();
    let swept = sweeps.iter().all(|sweep| sweep.failure.is_none());
    if any(|verdict| matches!(verdict, Verdict::Blocked(_))) {
        Exit::Findings
    } else if report.interrupted
        || !swept
        || any(|verdict| verdict == Verdict::Inconclusive)
        || !any(|verdict| verdict == Verdict::Pass)
    {
        Exit::Inconclusive
    } else if fault || !sweeps.iter().all(Sweep::is_clear) {
        Exit::Findings
    } else {
        Exit::Well
    }
}
