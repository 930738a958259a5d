//! FTP009, FTP010, FTP012, FTP013: what the helper expects is related, and what the rules make of that.

use super::automatism::{Automatism, Hint, automatism, hints};
use super::rules::{cause, faults, helper_rules};
use super::{Data, Message, level_if, matching, openers, verdict, with_packets};
use crate::audit::context::{Context, milder, place};
use crate::audit::crossing::Session;
use crate::audit::finding::{self, Finding};
use crate::audit::matrix::{CellVerdict, Judged};
use crate::audit::{Place, RuleId, nat};
use crate::flow::FlowId;
use crate::packet::Family;
use crate::packet::TooComplex;
use crate::ruleset::trace::Verdict;

/// FTP009: nothing attaches a helper.
pub(in crate::audit) fn not_attached(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    // With pf nothing is related, and FTP038 is about connections that ftp-proxy does not see.
    if context.firewall().dialect.is_pf() {
        return Ok(Vec::new());
    }
    let mut data = unexplained(context);
    // There the range has to be translated first, which is a finding of its own.
    let translated = nat::translated_families(context)?;
    data.families.retain(|family| !translated.contains(family));
    // A module is loaded for any use of the helper. What tells the kernel when to attach it is FTP010's.
    let told = hints(&context.host).into_iter().any(|(hint, _)| hint != Hint::Module);
    if data.families.is_empty() || told {
        return Ok(Vec::new());
    }
    let partial = helper_rules(context.ruleset())
        .find(|&place| data.families.iter().any(|&family| cause(context, place, family).is_none()));
    let message = Message::NotAttached { data: data.clone(), partly: partial.is_some() };
    let mut finding = context.finding(RuleId::FTP009, finding::Message::Helper(message));
    // An old kernel may do it by itself.
    let control = context.request.deployment.service.control_port;
    let certain = context.host.kernel.is_none() || automatism(&context.host, control) == Automatism::Never;
    finding.level = level_if(certain, finding.level);
    finding.places = match partial {
        Some(rule) => vec![Place::Rule(rule)],
        None => accepting_related(context, &data)?.into_iter().collect(),
    };
    let left_out = |context: &Context<'_>| {
        let all = if partial.is_some() { &context.judged } else { &context.if_new };
        all.clone()
    };
    Ok(vec![with_packets(context, finding, &data, left_out)?])
}

/// FTP010: the kernel is to attach it by itself.
pub(in crate::audit) fn relied_on_kernel(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    let hints = hints(&context.host);
    let control = context.request.deployment.service.control_port;
    let automatism = automatism(&context.host, control);
    let data = if automatism == Automatism::Works { helped_by_kernel(context) } else { unexplained(context) };
    if data.is_empty() || (hints.is_empty() && automatism != Automatism::Works) {
        return Ok(Vec::new());
    }
    let places = hints.iter().filter_map(|(_, origin)| origin.map(Place::Text)).collect();
    let message = Message::Automatic {
        data: data.clone(),
        hints: hints.into_iter().map(|(hint, _)| hint).collect(),
        automatism,
        kernel: context.host.kernel,
    };
    let mut finding = context.finding(RuleId::FTP010, finding::Message::Helper(message));
    finding.level = level_if(automatism == Automatism::Never, finding.level);
    finding.places = places;
    with_packets(context, finding, &data, |context| context.if_new.clone()).map(|finding| vec![finding])
}

/// FTP012: it is not let through.
pub(in crate::audit) fn not_accepted(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    // A match that never holds is the cause then.
    if matching::misnamed(context).iter().any(|(_, misnamed)| misnamed.kernel.is_some()) {
        return Ok(Vec::new());
    }
    let data = helped_in_vain(context, |as_new| as_new != CellVerdict::Open);
    expected_finding(context, RuleId::FTP012, &data, |data, _| Message::NotAccepted { data })
}

/// FTP013: it is let through only as new.
pub(in crate::audit) fn only_new(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    let data = helped_in_vain(context, |as_new| as_new == CellVerdict::Open);
    let only_new = |data, verdict| Message::OnlyNew { data, rejected: verdict == Verdict::Reject };
    expected_finding(context, RuleId::FTP013, &data, only_new)
}

/// The data connections that rely on a helper for which no rule explains why it is not attached.
fn unexplained(context: &Context<'_>) -> Data {
    let mut data = context.relying();
    let explained: Vec<Family> = faults(context).into_iter().flat_map(|fault| fault.families).collect();
    data.families.retain(|family| !explained.contains(family));
    if data.families.is_empty() || !matching::misnamed(context).is_empty() {
        return Data::default();
    }
    data
}

/// The data connections that work only because the kernel attaches the helper by itself.
fn helped_by_kernel(context: &Context<'_>) -> Data {
    let mut data = Data::default();
    for &family in context.helped.iter().filter(|family| !context.helped_by_rules.contains(family)) {
        for flow in context.data_flows(family) {
            if context.depends_on_helper(flow, family) {
                data.add(flow, family);
            }
        }
    }
    data
}

/// The data connections that a helper expects and the rules do not let through, by what they make of new ones.
fn helped_in_vain(context: &Context<'_>, which: impl Fn(CellVerdict) -> bool) -> Data {
    let mut data = Data::default();
    // With pf, what ftp-proxy expects passes by its anchor, and FTP038 is about that.
    if !context.offers(Session::Plain) || context.firewall().dialect.is_pf() {
        return data;
    }
    for &family in &context.helped {
        for flow in context.data_flows(family) {
            let as_expected = verdict(&context.if_expected, flow, family);
            if as_expected != CellVerdict::Open && which(verdict(&context.if_new, flow, family)) {
                data.add(flow, family);
            }
        }
    }
    data
}

fn expected_finding(
    context: &mut Context<'_>,
    rule: RuleId,
    data: &Data,
    message: impl Fn(Data, Verdict) -> Message,
) -> Result<Vec<Finding>, TooComplex> {
    if data.is_empty() {
        return Ok(Vec::new());
    }
    // Sources that are turned away are so with their control connections already.
    let judged = stopped(context, data);
    let judged = context.but_banned(judged)?;
    if judged.is_empty() {
        return Ok(Vec::new());
    }
    let uncovered = context.uncovered(&judged)?;
    let extent = judged.iter().map(Judged::unless_banned).max();
    let message = message(data.clone(), uncovered.verdict);
    // What is only dropped is sent again, and let through then.
    let delays = matches!(message, Message::OnlyNew { rejected: false, .. });
    let mut finding = context.finding(rule, finding::Message::Helper(message));
    if delays || extent == Some(CellVerdict::Conditional) {
        finding.level = milder(finding.level);
    }
    finding.flows.clone_from(&data.flows);
    finding.places = place(uncovered.by).into_iter().collect();
    finding.places.extend(helper_rules(context.ruleset()).next().map(Place::Rule));
    finding.packets = uncovered.packets;
    finding.sample = uncovered.sample;
    Ok(vec![finding])
}

/// The expected first packets that are not let through.
fn stopped(context: &Context<'_>, data: &Data) -> Vec<Judged> {
    let mut all = Vec::new();
    for &family in &data.families {
        for &flow in &data.flows {
            let closed = openers(&context.if_expected, flow, family);
            all.extend(closed.filter(|judged| !judged.doubtful.is_empty()).cloned());
        }
    }
    all
}

/// The rule that would let these data connections through if a helper expected them.
fn accepting_related(context: &mut Context<'_>, data: &Data) -> Result<Option<Place>, TooComplex> {
    let first: Option<(FlowId, Family)> = data.flows.first().copied().zip(data.families.first().copied());
    let Some((flow, family)) = first else { return Ok(None) };
    let Some(judged) = openers(&context.if_expected, flow, family).next().cloned() else { return Ok(None) };
    let open = context.space.difference(judged.crossing.packets, judged.doubtful)?;
    let open = context.space.difference(open, judged.bannable)?;
    let Some(sample) = context.sample(open, judged.crossing.path)? else { return Ok(None) };
    Ok(place(context.tracer.trace(&sample.packet, sample.path).by))
}

/// Whether a dropped packet is let through when it is sent again: the helper's announcement is used up by the first
/// one, so that the second is new.
pub(in crate::audit) fn passes_when_sent_again(
    context: &mut Context<'_>,
    flow: FlowId,
    family: Family,
) -> Result<bool, TooComplex> {
    let opens_data = flow.channel() == crate::flow::Channel::Data && flow.opens();
    if !opens_data || verdict(&context.if_new, flow, family) != CellVerdict::Open {
        return Ok(false);
    }
    let data = Data { flows: vec![flow], families: vec![family] };
    let judged = stopped(context, &data);
    Ok(!judged.is_empty() && context.uncovered(&judged)?.verdict == Verdict::Drop)
}
