//! What is wrong with the text of a rule set: rules of iptables in the listing of nft (FTP043), and conditions on ports
//! that their dialect does not have (FTP044).

use super::finding::{self, Finding, Place};
use super::{Request, RuleId, Subject};
use crate::dialect::collection::Text;
use crate::dialect::frontend::{self, Frontend};
use crate::dialect::reading::{Problem, ProblemKind};
use crate::dialect::{iptables, nftables, pf};

/// How many places of one fault are shown.
const PLACES: usize = 8;

/// A fault of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Rules of iptables of which nft shows a part only.
    Compat {
        /// How many times.
        count: usize,
        /// The first of them.
        text: String,
    },
    /// A condition on ports.
    Ports {
        /// Whose syntax it ought to be.
        syntax: Syntax,
        /// What is wrong with it.
        fault: Fault,
    },
}

/// Whose syntax a text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// That of iptables.
    Iptables,
    /// That of nft.
    Nftables,
    /// That of pfctl.
    Pf,
    /// That of firewalld.
    Firewalld,
    /// That of ufw.
    Ufw,
}

impl Syntax {
    /// What stands between the two ports of a range.
    fn separator(self) -> char {
        match self {
            Self::Iptables | Self::Pf | Self::Ufw => ':',
            Self::Nftables | Self::Firewalld => '-',
        }
    }
}

/// What is wrong with a condition on ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The rule names no protocol.
    NoProtocol,
    /// A range is written in another way.
    Range {
        /// How it is written.
        found: String,
        /// How it has to be.
        meant: String,
    },
}

/// FTP043: rules of iptables in the listing of nft.
pub(super) fn compat(_: &Request<'_>, subject: &Subject<'_>) -> Vec<Finding> {
    let problems = subject.rules.problems.iter();
    let compat: Vec<(&Problem, &str)> =
        problems.filter_map(|problem| Some((problem, compat_text(problem)?))).collect();
    let Some(&(_, text)) = compat.first() else { return Vec::new() };
    let message = Message::Compat { count: compat.len(), text: text.to_owned() };
    let mut finding = about(RuleId::FTP043, message, subject);
    finding.places = compat.iter().take(PLACES).map(|(problem, _)| Place::Text(problem.origin)).collect();
    vec![finding]
}

/// FTP044: conditions on ports that their dialect does not have.
pub(super) fn ports(_: &Request<'_>, subject: &Subject<'_>) -> Vec<Finding> {
    let rules = subject.rules;
    let faults = rules.problems.iter().filter_map(|problem| {
        let (syntax, fault) = fault(problem, &rules.texts)?;
        let mut finding = about(RuleId::FTP044, Message::Ports { syntax, fault }, subject);
        finding.places = vec![Place::Text(problem.origin)];
        Some(finding)
    });
    faults.collect()
}

fn about(rule: RuleId, message: Message, subject: &Subject<'_>) -> Finding {
    let mut finding = Finding::new(rule, finding::Message::Syntax(message));
    finding.firewall = Some(subject.firewall.name.clone());
    finding
}

/// The finding that says the same as a problem of reading, which is in one of `texts`.
#[must_use]
pub fn rule(problem: &Problem, texts: &[Text]) -> Option<RuleId> {
    if compat_text(problem).is_some() {
        return Some(RuleId::FTP043);
    }
    fault(problem, texts).map(|_| RuleId::FTP044)
}

fn compat_text(problem: &Problem) -> Option<&str> {
    match &problem.kind {
        ProblemKind::Nftables(nftables::Problem::Compat { text }) => Some(text),
        _ => None,
    }
}

fn fault(problem: &Problem, texts: &[Text]) -> Option<(Syntax, Fault)> {
    let (syntax, fault) = match &problem.kind {
        ProblemKind::Iptables(problem) => (Syntax::Iptables, of_iptables(problem)?),
        ProblemKind::Nftables(found) => (Syntax::Nftables, of_nftables(found, problem, texts)?),
        ProblemKind::Pf(found) => (Syntax::Pf, of_pf(found, problem, texts)?),
        ProblemKind::Frontend(found) => of_frontend(found)?,
        ProblemKind::Host(_) => return None,
    };
    Some((syntax, fault))
}

fn of_iptables(problem: &iptables::Problem) -> Option<Fault> {
    match problem {
        iptables::Problem::PortsWithoutProtocol => Some(Fault::NoProtocol),
        iptables::Problem::Option(option)
            if matches!(option.as_str(), "--dport" | "--sport" | "--destination-port" | "--source-port") =>
        {
            Some(Fault::NoProtocol)
        }
        iptables::Problem::Argument { found, expected: iptables::Expected::Ports, .. } => {
            range(found, Syntax::Iptables)
        }
        _ => None,
    }
}

fn of_nftables(found: &nftables::Problem, problem: &Problem, texts: &[Text]) -> Option<Fault> {
    match found {
        nftables::Problem::UnknownStatement { text } if matches!(text.as_str(), "dport" | "sport") => {
            Some(Fault::NoProtocol)
        }
        // The ports before and after the colon.
        nftables::Problem::UnknownStatement { text } if text == ":" => {
            let (before, after) = around(problem, texts)?;
            let line = before.rsplit(['\n', ';']).next()?;
            let first = &line[line.rfind(|sign: char| !sign.is_ascii_digit())? + 1..];
            let last = after.split(|sign: char| !sign.is_ascii_digit()).next()?;
            let is_port = line.contains("dport") || line.contains("sport");
            range(&format!("{first}:{last}"), Syntax::Nftables).filter(|_| is_port)
        }
        nftables::Problem::UnknownValue { field, value }
            if field.ends_with("dport") || field.ends_with("sport") =>
        {
            range(value, Syntax::Nftables)
        }
        _ => None,
    }
}

fn of_pf(found: &pf::Problem, problem: &Problem, texts: &[Text]) -> Option<Fault> {
    match found {
        pf::Problem::PortsWithoutProtocol => Some(Fault::NoProtocol),
        pf::Problem::UnknownName { of: pf::Expected::Port, name } => range(name, Syntax::Pf),
        // Of addresses, too.
        pf::Problem::ReversedRange => range(text(problem, texts)?, Syntax::Pf),
        _ => None,
    }
}

fn of_frontend(found: &frontend::Problem) -> Option<(Syntax, Fault)> {
    let syntax = |frontend: Frontend| match frontend {
        Frontend::Firewalld => Syntax::Firewalld,
        Frontend::Ufw => Syntax::Ufw,
    };
    match found {
        frontend::Problem::NotEvaluated(_) => None,
        frontend::Problem::NoProtocol(frontend) => Some((syntax(*frontend), Fault::NoProtocol)),
        frontend::Problem::Range { frontend, found } => {
            let syntax = syntax(*frontend);
            Some((syntax, range(found, syntax)?))
        }
    }
}

/// The fault of a range that is written in another way than the one that `syntax` has, if it is one.
fn range(found: &str, syntax: Syntax) -> Option<Fault> {
    let (first, last) = [":", "-", "..", "~"].iter().find_map(|separator| found.split_once(separator))?;
    let (first, last) = (first.parse::<u16>().ok()?, last.parse::<u16>().ok()?);
    let (first, last) = (first.min(last), first.max(last));
    let meant = format!("{first}{}{last}", syntax.separator());
    Some(Fault::Range { found: found.to_owned(), meant })
}

/// The text that a problem is about.
fn text<'t>(problem: &Problem, texts: &'t [Text]) -> Option<&'t str> {
    let (before, _) = around(problem, texts)?;
    let whole = &texts.get(usize::try_from(problem.origin.text).ok()?)?.content;
    whole.get(before.len()..usize::try_from(problem.origin.end).ok()?)
}

/// What stands before it, and what stands after it.
fn around<'t>(problem: &Problem, texts: &'t [Text]) -> Option<(&'t str, &'t str)> {
    let origin = problem.origin;
    let whole = &texts.get(usize::try_from(origin.text).ok()?)?.content;
    let (start, end) = (usize::try_from(origin.start).ok()?, usize::try_from(origin.end).ok()?);
    Some((whole.get(..start)?, whole.get(end..)?))
}
