//! What rule sets lead to expect of the flows that were probed.

use super::Arguments;
use crate::audit::{Audit, Outlook, Request, Subject, audit};
use crate::cli::audit::input::named;
use crate::cli::{Console, Failure};
use crate::deployment::{Deployment, Firewall, Reading};
use crate::dialect::collection::Collection;
use crate::lang;
use crate::lang::probe::Foretold;
use crate::lang::trace;
use crate::probe::conclusion::Conclusions;
use crate::probe::observation::Observation;
use crate::probe::prediction;

/// The rule sets that are asked for, or that the deployment names. The latter need not be on this machine.
pub(super) fn rules<'a>(
    arguments: &Arguments,
    (reading, deployment): (&Reading, &'a Deployment),
    console: &mut Console,
) -> Result<Vec<(&'a Firewall, Collection)>, Failure> {
    let paths = arguments.explain_with.as_deref();
    let loaded = named(paths.unwrap_or_default(), &arguments.chosen, None, (reading, deployment), console);
    match (paths, loaded) {
        (Some(_), Ok(loaded)) if loaded.is_empty() => Err(Failure::NoRulesets),
        (None, Err(failure)) => {
            if let Some(reason) = failure.message(console.lang()) {
                let note = lang::probe::no_prediction(&reason, console.lang());
                console.note(&note);
            }
            Ok(Vec::new())
        }
        (_, loaded) => loaded,
    }
}

/// The prediction of each flow beside what was seen; `None` without rule sets.
pub(super) fn compare(
    rules: &[(&Firewall, Collection)],
    deployment: &Deployment,
    seen: &Observation,
    conclusions: &Conclusions,
) -> Option<Vec<Foretold>> {
    if rules.is_empty() {
        return None;
    }
    let narrowed = prediction::narrowed(deployment, seen);
    let subjects = rules.iter().map(|(firewall, rules)| Subject { firewall, rules }).collect();
    let audit = audit(&Request { deployment: &narrowed, subjects, strict: false });
    let foretold = prediction::compare(&audit, conclusions).into_iter().map(|prediction| {
        let by = decider(&prediction.predicted, &audit, rules);
        Foretold { prediction, by }
    });
    Some(foretold.collect())
}

/// Who decides on a flow, where the audit names somebody.
fn decider(predicted: &Outlook, audit: &Audit, rules: &[(&Firewall, Collection)]) -> Option<String> {
    let Outlook { flow, family, session, firewall, .. } = predicted;
    let of_mode = |works: &&crate::audit::Works| {
        (works.mode, works.family, works.session) == (flow.mode(), *family, *session)
    };
    let blocked = audit.end_to_end.iter().find(of_mode)?.blocked_by.as_ref()?;
    let is_meant = Some(&blocked.firewall) == firewall.as_ref()
        && (blocked.flow == *flow || flow.answers() == Some(blocked.flow));
    let (_, rules) = rules.iter().find(|(firewall, _)| is_meant && firewall.name == blocked.firewall)?;
    let subject = trace::Subject { ruleset: &rules.ruleset, texts: &rules.texts };
    lang::audit::place(blocked.by?, subject)
}
