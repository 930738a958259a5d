//! From a file or a command line to a deployment, or to everything that is wrong with it.

use super::check::{At, Check};
use super::command_line::CommandLine;
use super::firewall::{self, Surroundings};
use super::guard;
use super::ignore;
use super::model::Deployment;
use super::node::{self, Node};
use super::problem::{FileProblem, Place, Problem, Severity};
use super::service::{ClientsDraft, Draft, check_families};
use super::shape::{self, FieldId};
use super::source::Source;
use crate::dialect::Dialect;

/// What came of reading a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The deployment, unless a problem is an error.
    pub deployment: Option<Deployment>,
    /// Everything that is wrong with it, in the order of the text.
    pub problems: Vec<Problem>,
    /// The text that it was read from.
    pub source: Source,
    /// The text as a tree, to find the fields by.
    pub(super) document: Option<Node>,
}

impl Reading {
    /// How many problems are of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.problems.iter().filter(|problem| problem.severity() == severity).count()
    }

    pub(super) fn new(
        source: Source,
        document: Option<Node>,
        check: Check,
        deployment: Option<Deployment>,
    ) -> Self {
        let problems = check.into_problems();
        let usable = problems.iter().all(|problem| problem.severity() != Severity::Error);
        Self { deployment: deployment.filter(|_| usable), problems, source, document }
    }

    fn refused(source: Source, kind: FileProblem, place: Place, related: Option<Place>) -> Self {
        let problem = Problem { kind: kind.into(), path: String::new(), place, related };
        Self { deployment: None, problems: vec![problem], source, document: None }
    }
}

/// Reads the deployment file `name`, which holds `bytes`.
///
/// With a `dialect`, every firewall is taken to have that one, whatever the file says.
#[must_use]
pub fn read(name: &str, bytes: &[u8], dialect: Option<Dialect>) -> Reading {
    let text = match guard::check(bytes) {
        Ok(text) => text,
        Err((problem, place)) => {
            // Shown as far as it is text; the replacement of a bad byte stands at that byte.
            let shown =
                bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).get(..guard::MAX_BYTES).unwrap_or(bytes);
            let text = String::from_utf8_lossy(shown).into_owned();
            return Reading::refused(Source::yaml(name, text), problem, place, None);
        }
    };
    let source = Source::yaml(name, text.to_owned());
    match node::parse(text) {
        Ok(node) => {
            let mut check = Check::default();
            let deployment = validate(&mut check, &node, dialect);
            Reading::new(source, Some(node), check, deployment)
        }
        Err(fault) => {
            let (place, started) = Source::places(text, &fault);
            let at_tab =
                matches!(place, Place::Bytes { start, .. } if text.as_bytes().get(start) == Some(&b'\t'));
            let problem = match fault.problem {
                FileProblem::Syntax { .. } if at_tab => FileProblem::Tab,
                problem => problem,
            };
            Reading::refused(source, problem, place, started)
        }
    }
}

/// Reads the deployment that a command line amounts to.
#[must_use]
pub fn read_command_line(line: &CommandLine) -> Reading {
    let (node, source) = line.document();
    let mut check = Check::default();
    let deployment = validate(&mut check, &node, None);
    Reading::new(source, Some(node), check, deployment)
}

/// Reads the fields of a document. Whatever is wrong is noted, and nothing of it stops the rest.
fn validate(check: &mut Check, document: &Node, dialect: Option<Dialect>) -> Option<Deployment> {
    let root = check.mapping(&At::root(document), shape::ROOT)?;
    if let Some(at) = root.get(FieldId::Version) {
        check.version(at);
    }
    let service = root.get(FieldId::Service).and_then(|at| Draft::read(check, at));
    let clients = ClientsDraft::read(check, root.get(FieldId::Clients));
    if let (Some(service), Some(clients)) = (&service, &clients) {
        check_families(check, service, clients);
    }
    let around = Surroundings { service: service.as_ref(), clients: clients.as_ref(), dialect };
    let firewalls = root.get(FieldId::Firewalls).and_then(|at| firewall::read_all(check, at, &around));
    let ignore = ignore::read(check, root.get(FieldId::Ignore), firewalls.as_deref());
    Some(Deployment {
        service: service?.finish()?,
        clients: clients?.finish()?,
        firewalls: firewalls?,
        ignore,
    })
}
