//! `ftpfw trace`: what a rule set does with one packet, rule by rule.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::choice::choice;
use super::form::Form;
use super::{Console, Exit, Failure, rulesets};
use crate::dialect::Format;
use crate::lang;
use crate::lang::trace::{Subject, document, spec_error};
use crate::report::text;
use crate::ruleset::trace::{Decider, RuleRef, Trace, Tracer, Verdict, spec};

/// The arguments of `ftpfw trace`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The rule sets, which apply together.
    #[arg(value_name = "RULESET", required = true)]
    pub(super) ruleset: Vec<PathBuf>,
    /// The packet.
    #[arg(long, value_name = "SPEC", required_unless_present = "batch", conflicts_with = "batch")]
    pub(super) packet: Option<String>,
    /// Packets on standard input, one in each line.
    #[arg(long)]
    pub(super) batch: bool,
    /// The format of the rule sets.
    #[arg(long, value_name = "FORMAT", value_parser = choice(&Format::ALL, Format::id))]
    pub(super) from: Option<Format>,
    /// How to write the answer.
    #[arg(long, value_name = "FORMAT", default_value = Form::Text.id(), value_parser = choice(&Form::ALL, Form::id))]
    pub(super) format: Form,
}

/// Traces one packet, or a batch.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let collection = rulesets::load(&arguments.ruleset, arguments.from, console)?;
    let subject = Subject { ruleset: &collection.ruleset, texts: &collection.texts };
    match &arguments.packet {
        Some(packet) => one(packet, arguments.format, &Tracer::new(&collection.ruleset), subject, console),
        None => batch(&Tracer::without_near_misses(&collection.ruleset), subject, console),
    }
}

fn one(
    packet: &str,
    form: Form,
    tracer: &Tracer<'_>,
    subject: Subject<'_>,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let lang = console.lang();
    let (path, packet) = spec::parse(packet).map_err(|error| Failure::Packet(spec_error(&error, lang)))?;
    let trace = tracer.trace(&packet, path);
    let answer = match form {
        Form::Text => text::render(&document(&trace, subject, lang), console.dress()),
        Form::Json => format!("{}\n", answer(&trace, subject)),
    };
    console.print(&answer)?;
    Ok(if trace.verdict == Verdict::Unknown { Exit::Inconclusive } else { Exit::Well })
}

/// One JSON object a line in, one out, in the same order. A line that is no packet gets `{"error": ...}`.
fn batch(tracer: &Tracer<'_>, subject: Subject<'_>, console: &mut Console) -> Result<Exit, Failure> {
    let lang = console.lang();
    let mut exit = Exit::Well;
    for line in BufReader::new(std::io::stdin().lock()).split(b'\n') {
        let line = line.map_err(|source| Failure::Read { path: PathBuf::from("-"), source })?;
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() {
            continue;
        }
        let answer = match spec::parse(&line) {
            Ok((path, packet)) => answer(&tracer.trace(&packet, path), subject),
            Err(error) => {
                exit = Exit::Unusable;
                json!({ "error": spec_error(&error, lang) })
            }
        };
        console.print(&format!("{answer}\n"))?;
    }
    Ok(exit)
}

fn answer(trace: &Trace, subject: Subject<'_>) -> Value {
    let rule = |place: RuleRef| match subject.rule(place) {
        Some((file, line, rule)) => json!({ "file": file, "line": line, "rule": rule }),
        None => json!({ "file": null, "line": null, "rule": null }),
    };
    let by = match trace.by {
        Decider::Rule(place) => rule(place),
        Decider::Policy { chain } => {
            let policy = lang::trace::policy(subject, chain);
            json!({ "file": null, "line": null, "rule": policy })
        }
        Decider::Nothing => Value::Null,
    };
    let rules: Vec<Value> = trace.met.iter().map(|&place| rule(place)).collect();
    json!({ "verdict": trace.verdict.id(), "by": by, "rules": rules })
}
