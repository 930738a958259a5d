//! Every conclusion, from the observation that leads to it, and from its neighbours that must not.

mod made;

use std::time::Duration;

use self::made::{Session as Made, dropped, ok, plan, prohibited, refused, rejected, rejected_by, slow};
use super::{conclude, conclude_beside};
use crate::audit::Session;
use crate::flow::FlowId;
use crate::packet::Family;
use crate::probe::conclusion::{Cause, Conclusions, Kind, Verdict};
use crate::probe::observation::{DialError, Halt, Method, Observation, Policy, Stage, Trouble, Visit};
use crate::probe::sweep::{Outcome, Sweep};

fn concluded(visits: impl IntoIterator<Item = Made>) -> Conclusions {
    let visits: Vec<Visit> = visits.into_iter().map(Made::visit).collect();
    conclude(&plan(), &Observation { visits, interrupted: false })
}

fn kinds(conclusions: &Conclusions) -> Vec<Kind> {
    conclusions.conclusions.iter().map(|one| one.kind).collect()
}

fn verdict(conclusions: &Conclusions, flow: FlowId, family: Family, session: Session) -> Verdict {
    let of = |one: &&crate::probe::conclusion::FlowVerdict| {
        (one.flow, one.family, one.session) == (flow, family, session)
    };
    conclusions.flows.iter().find(of).expect("a verdict on every flow").verdict
}

fn plain_verdict(conclusions: &Conclusions, flow: FlowId) -> Verdict {
    verdict(conclusions, flow, Family::Ipv4, Session::Plain)
}

fn encrypted_verdict(conclusions: &Conclusions, flow: FlowId) -> Verdict {
    verdict(conclusions, flow, Family::Ipv4, Session::Tls)
}

#[test]
fn what_works_everywhere_is_eight_passes_and_nothing_to_say() {
    let conclusions = concluded([Made::plain().healthy(), Made::tls().healthy()]);
    assert_eq!(kinds(&conclusions), []);
    assert_eq!(conclusions.flows.len(), 16);
    assert!(conclusions.flows.iter().all(|one| one.verdict == Verdict::Pass));
}

#[test]
fn the_control_connection() {
    let errno = |number| Err(DialError::Errno(number));
    let cases = [
        (Err(DialError::TimedOut), Kind::ControlFiltered, Cause::Dropped),
        (errno(113), Kind::ControlRejected, Cause::Rejected),
        (errno(101), Kind::ControlRejected, Cause::Rejected),
        (errno(92), Kind::ControlRejected, Cause::Rejected),
        (errno(111), Kind::ControlRefused, Cause::Refused),
        (errno(13), Kind::OwnEgressBlocked, Cause::Rejected),
        (errno(22), Kind::OwnEgressBlocked, Cause::Rejected),
        (Err(DialError::Unsent(101)), Kind::OwnEgressBlocked, Cause::Rejected),
    ];
    for (outcome, kind, cause) in cases {
        let conclusions = concluded([Made::plain().control(outcome)]);
        assert_eq!(kinds(&conclusions), [kind], "{outcome:?}");
        assert_eq!(plain_verdict(&conclusions, FlowId::P1), Verdict::Blocked(Some(cause)), "{outcome:?}");
        assert_eq!(plain_verdict(&conclusions, FlowId::P2), Verdict::Inconclusive);
        assert_eq!(plain_verdict(&conclusions, FlowId::P3), Verdict::Inconclusive);
    }
    let conclusions = concluded([Made::plain().at_family(Family::Ipv6).control(errno(13))]);
    assert_eq!(kinds(&conclusions), [Kind::ControlRejected], "EACCES in IPv6 is an ICMP error");
}

#[test]
fn what_ends_before_a_transfer_says_nothing_of_data_connections() {
    let cases = [
        (Stage::Greeting, Some(Trouble::TimedOut), None, Kind::NoGreeting),
        (Stage::Greeting, Some(Trouble::Closed), None, Kind::NoGreeting),
        (Stage::Greeting, Some(Trouble::NotAReply("SSH-2.0".into())), None, Kind::NotFtp),
        (Stage::Greeting, None, Some("421 Too many connections."), Kind::ServerFull),
        (Stage::Auth, None, Some("500 Unknown command."), Kind::TlsUnavailable),
        (Stage::Auth, Some(Trouble::TimedOut), None, Kind::ControlLost),
        (Stage::Handshake, Some(Trouble::TimedOut), Some("234 Go on."), Kind::ControlLost),
        (
            Stage::Handshake,
            Some(Trouble::Tls("invalid peer certificate: UnknownIssuer".into())),
            None,
            Kind::CertificateRejected,
        ),
        (Stage::Handshake, Some(Trouble::Closed), None, Kind::TlsUnavailable),
        (Stage::Login, None, Some("530 Login incorrect."), Kind::LoginFailed),
        (Stage::Login, None, Some("530 Non-anonymous sessions must use encryption."), Kind::TlsRequired),
        (Stage::Login, Some(Trouble::TimedOut), None, Kind::ControlLost),
    ];
    for (stage, trouble, reply, kind) in cases {
        let halt = Halt { stage, trouble };
        let conclusions = concluded([Made::plain().halted(halt.clone(), reply)]);
        assert_eq!(kinds(&conclusions), [kind], "{halt:?}");
        for flow in [FlowId::A3, FlowId::A4, FlowId::P3, FlowId::P4] {
            assert_eq!(plain_verdict(&conclusions, flow), Verdict::Inconclusive, "{halt:?}");
        }
        let proven =
            if stage == Stage::Greeting && reply.is_none() { Verdict::Inconclusive } else { Verdict::Pass };
        assert_eq!(plain_verdict(&conclusions, FlowId::P1), proven, "{halt:?}");
    }
}

#[test]
fn silence_on_the_range_with_and_without_tls_is_a_filter() {
    let shut = |made: Made| made.passive(dropped(60_001)).passive(dropped(60_007)).active(ok(20));
    let conclusions = concluded([shut(Made::plain()), shut(Made::tls())]);
    assert_eq!(kinds(&conclusions), [Kind::RangeFiltered]);
    assert_eq!(conclusions.conclusions[0].session, None);
    assert_eq!(conclusions.conclusions[0].ports, [60_001, 60_007]);
    assert_eq!(plain_verdict(&conclusions, FlowId::P3), Verdict::Blocked(Some(Cause::Dropped)));
    assert_eq!(plain_verdict(&conclusions, FlowId::P4), Verdict::Inconclusive);
    assert_eq!(plain_verdict(&conclusions, FlowId::P1), Verdict::Pass);
    assert_eq!(plain_verdict(&conclusions, FlowId::A3), Verdict::Pass);
}

#[test]
fn a_part_of_the_range() {
    let conclusions = concluded([Made::plain().passive(ok(60_001)).passive(dropped(60_015))]);
    assert_eq!(kinds(&conclusions), [Kind::RangePartlyFiltered]);
    assert_eq!(conclusions.conclusions[0].ports, [60_015]);
    assert_eq!(plain_verdict(&conclusions, FlowId::P3), Verdict::Blocked(Some(Cause::Dropped)));

    let sampled = concluded([Made::plain().passive(ok(60_001)).sample(ok(60_003)).sample(dropped(60_015))]);
    assert_eq!(sampled.conclusions[0].ports, [60_015], "a sample counts as much");
    assert_eq!(kinds(&sampled), [Kind::RangePartlyFiltered]);
}

#[test]
fn a_part_of_the_range_is_one_in_every_session_and_no_gap_between_families() {
    let some = Made::tls().passive(ok(60_001)).passive(rejected(60_015));
    let none = Made::plain().passive(rejected(60_016)).passive(rejected(60_017));
    let other = |made: Made| made.at_family(Family::Ipv6).passive(ok(60_002)).passive(ok(60_003));
    let conclusions = concluded([none, some, other(Made::plain()), other(Made::tls())]);
    assert_eq!(kinds(&conclusions), [Kind::RangePartlyFiltered]);
    assert_eq!(conclusions.conclusions[0].ports, [60_015, 60_016, 60_017]);
    let none = Made::plain().passive(rejected(60_016)).passive(rejected(60_017));
    let conclusions = concluded([none, other(Made::plain())]);
    assert_eq!(kinds(&conclusions), [Kind::RangeRejectedAdmin, Kind::FamilyGap]);
}

#[test]
fn plain_works_and_tls_does_not_is_a_helper() {
    let plain = || Made::plain().passive(ok(60_001)).passive(ok(60_009));
    let conclusions = concluded([plain(), Made::tls().passive(dropped(60_004))]);
    assert_eq!(kinds(&conclusions), [Kind::HelperOnly]);
    assert_eq!(conclusions.conclusions[0].session, Some(Session::Tls));
    assert_eq!(plain_verdict(&conclusions, FlowId::P3), Verdict::Pass);
    assert_eq!(encrypted_verdict(&conclusions, FlowId::P3), Verdict::Blocked(Some(Cause::Dropped)));

    let conclusions = concluded([plain(), Made::tls().passive(dropped(60_017))]);
    assert_eq!(kinds(&conclusions), [Kind::RangeFiltered], "the upper part of the range may be shut for all");

    let conclusions = concluded([Made::plain().active(ok(20)), Made::tls().promised()]);
    assert_eq!(kinds(&conclusions), [Kind::HelperOnly]);
    assert_eq!(conclusions.conclusions[0].flows, [FlowId::A3, FlowId::A4]);
}

#[test]
fn a_stall_of_a_second_is_a_rule_for_new_only() {
    let stalled = || Made::plain().passive(slow(60_001)).passive(slow(60_009));
    let conclusions = concluded([stalled(), Made::tls().passive(ok(60_004))]);
    assert_eq!(kinds(&conclusions), [Kind::NewOnlyWithHelper]);
    assert_eq!(plain_verdict(&conclusions, FlowId::P3), Verdict::Pass);
    assert_eq!(kinds(&concluded([stalled()])), [Kind::NewOnlyWithHelper], "without TLS, if all stall");
    let once = Made::plain().passive(slow(60_001)).passive(ok(60_002));
    assert_eq!(kinds(&concluded([once])), [], "one lost packet");
    let lossy = concluded([stalled(), Made::tls().passive(slow(60_004))]);
    assert!(!lossy.conclusions.iter().any(|one| one.session == Some(Session::Tls)));

    let turned_away = Made::plain().passive(refused(60_001)).passive(refused(60_009));
    let conclusions = concluded([turned_away, Made::tls().passive(ok(60_004))]);
    assert_eq!(kinds(&conclusions), [Kind::NewOnlyWithHelper]);
    assert_eq!(plain_verdict(&conclusions, FlowId::P3), Verdict::Blocked(Some(Cause::Refused)));
}

#[test]
fn icmp_errors_and_resets() {
    let conclusions = concluded([Made::plain().passive(rejected(60_001)).passive(rejected(60_002))]);
    assert_eq!(kinds(&conclusions), [Kind::RangeRejectedAdmin]);
    assert_eq!(plain_verdict(&conclusions, FlowId::P3), Verdict::Blocked(Some(Cause::Rejected)));

    let conclusions = concluded([Made::plain().passive(refused(60_001)).passive(refused(60_002))]);
    assert_eq!(kinds(&conclusions), [Kind::RejectOrDead]);
    assert_eq!(plain_verdict(&conclusions, FlowId::P3), Verdict::Blocked(Some(Cause::Refused)));

    let once = Made::plain().passive(refused(60_001)).passive(ok(60_002));
    assert_eq!(kinds(&concluded([once])), [], "a listener that was gone once");
    let twice = Made::plain().passive(refused(60_001)).passive(ok(60_002)).sample(refused(60_003));
    let conclusions = concluded([twice]);
    assert_eq!(kinds(&conclusions), [Kind::RejectOrDead], "two of three offers are no chance");
    let again = Made::plain().passive(refused(60_001)).passive(ok(60_002)).sample(refused(60_001));
    assert_eq!(kinds(&concluded([again])), [Kind::RejectOrDead], "nor is it where both offer the same port");
    assert_eq!(plain_verdict(&conclusions, FlowId::P3), Verdict::Blocked(Some(Cause::Refused)));

    for silent in [rejected(60_001), refused(60_001)] {
        let conclusions = concluded([Made::plain().passive(silent).passive(dropped(60_002))]);
        assert_eq!(kinds(&conclusions), [Kind::RejectRateLimited], "silence among errors is no drop");
        assert_eq!(plain_verdict(&conclusions, FlowId::P3), Verdict::Blocked(Some(Cause::Rejected)));
    }
    let conclusions =
        concluded([Made::plain().passive(rejected(60_001)), Made::tls().passive(dropped(60_002))]);
    assert_eq!(kinds(&conclusions), [Kind::RangeRejectedAdmin, Kind::RejectRateLimited]);
    assert_eq!(encrypted_verdict(&conclusions, FlowId::P3), Verdict::Blocked(Some(Cause::Rejected)));
}

#[test]
fn silence_says_nothing_while_a_sweep_uses_up_the_icmp_errors() {
    let seen =
        Observation { visits: vec![Made::plain().passive(dropped(60_001)).visit()], interrupted: false };
    let swept = |outcome| {
        let passive = vec![(60_001, Outcome::Silent { arrived: Some(false) }), (60_002, outcome)];
        let sweep = Sweep { family: Family::Ipv4, passive, active: Vec::new(), failure: None };
        conclude_beside(&plan(), &seen, &[sweep])
    };
    let conclusions = swept(Outcome::Rejected(113));
    assert_eq!(kinds(&conclusions), [Kind::RejectRateLimited]);
    assert_eq!(plain_verdict(&conclusions, FlowId::P3), Verdict::Blocked(None));
    let conclusions = swept(Outcome::Refused);
    assert_eq!(kinds(&conclusions), [Kind::RangeFiltered], "resets are sent without limit");
}

#[test]
fn an_error_faster_than_the_server_may_be_of_a_gateway_nearby() {
    let near = Made::plain().round_trip(Duration::from_millis(30)).passive(rejected(60_001));
    let conclusions = concluded([near]);
    assert_eq!(kinds(&conclusions), [Kind::RangeRejectedAdmin]);
    let prohibited = Made::plain().passive(prohibited(60_001));
    let conclusions = concluded([prohibited]);
    assert_eq!(kinds(&conclusions), [Kind::OwnEgressBlocked]);
    assert_eq!(conclusions.conclusions[0].flows, [FlowId::P3, FlowId::P4]);
}

#[test]
fn an_error_that_this_machine_sent_is_its_own_unless_a_neighbour_is_missing() {
    let own = "192.0.2.7";
    for (from, message, kind) in [
        (own, [3, 13], Kind::OwnEgressBlocked),
        (own, [3, 3], Kind::OwnEgressBlocked),
        (own, [3, 1], Kind::RangeRejectedAdmin),
        ("198.51.100.1", [3, 13], Kind::RangeRejectedAdmin),
    ] {
        let conclusions = concluded([Made::plain().passive(rejected_by(from, message, 60_001))]);
        assert_eq!(kinds(&conclusions), [kind], "{from}, {message:?}");
        let shown = conclusions.conclusions[0].evidence.icmp.expect("who sent it");
        assert_eq!(shown.from.to_string(), from);
    }
}

#[test]
fn addresses_and_ports_of_the_replies() {
    let conclusions = concluded([Made::plain().healthy().advertises("10.0.0.5", 60_003)]);
    assert_eq!(kinds(&conclusions), [Kind::BadAdvertisedAddr]);
    assert_eq!(
        plain_verdict(&conclusions, FlowId::P3),
        Verdict::Pass,
        "clients that ignore the address work"
    );
    let declared = Made::plain().healthy().advertises(made::ADVERTISED, 60_003);
    assert_eq!(kinds(&concluded([declared])), []);

    let conclusions = concluded([Made::plain().passive(ok(36_208)).passive(ok(36_209))]);
    assert_eq!(kinds(&conclusions), [Kind::ConfigMismatch]);
    assert_eq!(conclusions.conclusions[0].ports, [36_208, 36_209]);
    assert_eq!(
        plain_verdict(&conclusions, FlowId::P3),
        Verdict::Inconclusive,
        "of the declared range nothing is known"
    );

    let conclusions = concluded([Made::plain().passive(ok(60_001)).passive(ok(36_209))]);
    assert_eq!(kinds(&conclusions), [Kind::RangeOverflow]);

    let conclusions = concluded([Made::plain().passive(ok(36_208)), Made::tls().passive(ok(60_001))]);
    assert_eq!(kinds(&conclusions), [Kind::NatRewrite]);
    assert_eq!(plain_verdict(&conclusions, FlowId::P3), Verdict::Pass);
}

#[test]
fn an_active_data_connection_that_does_not_arrive() {
    let blocked = |conclusions: &Conclusions| {
        assert_eq!(kinds(conclusions), [Kind::ActiveBlocked]);
        plain_verdict(conclusions, FlowId::A3)
    };
    let dropped = Verdict::Blocked(Some(Cause::Dropped));
    assert_eq!(blocked(&concluded([Made::plain().promised()])), dropped);
    let cases = [
        ("425 Failed to establish connection.", 40_000, dropped),
        ("425 Failed to establish connection.", 3, Verdict::Blocked(None)),
        (
            "425 Unable to build data connection: Connection refused",
            3,
            Verdict::Blocked(Some(Cause::Refused)),
        ),
        ("425 Unable to build data connection: No route to host", 3, Verdict::Blocked(Some(Cause::Rejected))),
        ("425 Unable to build data connection: Connection timed out", 3, dropped),
    ];
    for (reply, milliseconds, verdict) in cases {
        let made = Made::plain().fails_with(reply, Duration::from_millis(milliseconds));
        assert_eq!(blocked(&concluded([made])), verdict, "{reply} after {milliseconds} ms");
        let at_once = Made::plain().answers_port(reply, Duration::from_millis(milliseconds));
        assert_eq!(blocked(&concluded([at_once])), verdict, "{reply} to PORT");
    }
    let waiting = Made::plain().stalls_at_port(true);
    assert_eq!(blocked(&concluded([waiting])), dropped, "the server connects at once, and still answers");
}

#[test]
fn a_control_connection_that_dies_with_a_port_is_an_alg() {
    let conclusions = concluded([Made::plain().stalls_at_port(false)]);
    assert_eq!(kinds(&conclusions), [Kind::AlgInterference]);
    assert_eq!(plain_verdict(&conclusions, FlowId::A3), Verdict::Inconclusive);
    let conclusions = concluded([Made::plain().passive_request(Err(Trouble::Broken(Some(104))))]);
    assert_eq!(kinds(&conclusions), [Kind::AlgInterference]);
    assert_eq!(conclusions.conclusions[0].evidence.errno, Some(104));
}

#[test]
fn requests_that_are_refused() {
    let of = |reply: &str| concluded([Made::plain().answers_port(reply, Duration::from_millis(1))]);
    for reply in
        ["500 Illegal PORT command.", "501 Rejected data connection to foreign address 10.0.0.2:4000."]
    {
        assert_eq!(kinds(&of(reply)), [Kind::NatNoAlg]);
        assert_eq!(plain_verdict(&of(reply), FlowId::A3), Verdict::Blocked(Some(Cause::Refused)));
    }
    for reply in ["550 Permission denied.", "502 Command not implemented."] {
        assert_eq!(kinds(&of(reply)), [Kind::PortDisabled]);
        assert_eq!(plain_verdict(&of(reply), FlowId::A3), Verdict::Inconclusive);
    }
    let passive = |reply| concluded([Made::plain().passive_reply(reply)]);
    assert_eq!(kinds(&passive("550 Permission denied.")), [Kind::PassiveDisabled]);
    assert_eq!(kinds(&passive("500 OOPS: vsf_sysutil_bind")), [Kind::RangeTooSmall]);
}

#[test]
fn whoever_comes_instead_of_the_server() {
    let conclusions = concluded([Made::plain().stranger()]);
    assert_eq!(kinds(&conclusions), [Kind::DataPeerMismatch]);
    assert_eq!(plain_verdict(&conclusions, FlowId::A3), Verdict::Inconclusive);
    let conclusions = concluded([Made::plain().active(ok(40_001))]);
    assert_eq!(kinds(&conclusions), [Kind::ActiveSourceMismatch]);
    assert_eq!(plain_verdict(&conclusions, FlowId::A3), Verdict::Pass);
}

#[test]
fn tls_on_data_connections() {
    let of = |reply, trouble| concluded([Made::tls().data_tls(60_001, trouble, reply)]);
    let handshake = || Err(Trouble::Tls("received fatal alert: HandshakeFailure".into()));
    assert_eq!(
        kinds(&of("522 SSL connection failed: session reuse required", handshake())),
        [Kind::TlsReuseRequired]
    );
    assert_eq!(
        kinds(&of("425 Unable to build data connection: Operation not permitted", Ok(()))),
        [Kind::TlsReuseRequired]
    );
    let other = of("426 Failure reading network stream.", handshake());
    assert_eq!(kinds(&other), [Kind::DataTlsFailed]);
    assert_ne!(encrypted_verdict(&other, FlowId::P3), Verdict::Blocked(None));
}

#[test]
fn a_transfer_that_is_lost_once_says_nothing() {
    let conclusions = concluded([Made::plain().falls_silent(60_001).passive(ok(60_002)).active(ok(20))]);
    assert_eq!(kinds(&conclusions), []);
    assert_eq!(plain_verdict(&conclusions, FlowId::P3), Verdict::Pass);

    let conclusions = concluded([Made::plain().falls_silent(60_001).falls_silent(60_002).active(ok(20))]);
    assert_eq!(kinds(&conclusions), [Kind::TransferFailed]);
    assert_eq!(plain_verdict(&conclusions, FlowId::P3), Verdict::Inconclusive);
    let shown = &conclusions.conclusions[0].evidence;
    let silence = concluded([Made::plain().falls_silent(60_001).unanswered()]);
    assert_eq!(
        kinds(&silence),
        [Kind::TransferFailed],
        "a server that hangs says nothing of active connections"
    );
    assert_eq!(plain_verdict(&silence, FlowId::A3), Verdict::Inconclusive);
    assert_eq!(kinds(&concluded([Made::plain().passive(ok(60_001)).unanswered()])), [Kind::ActiveBlocked]);
    assert_eq!(shown.command.as_deref(), Some("LIST"));
    assert!(shown.local.is_some() && shown.peer.is_some(), "{shown:?}");
}

#[test]
fn one_family_without_the_other() {
    let conclusions = concluded([
        Made::plain().healthy(),
        Made::plain().at_family(Family::Ipv6).control(Err(DialError::TimedOut)),
    ]);
    assert_eq!(kinds(&conclusions), [Kind::ControlFiltered, Kind::FamilyGap]);
    assert_eq!(conclusions.conclusions[1].family, Some(Family::Ipv6));
}

#[test]
fn many_at_once_and_what_should_be_refused() {
    let burst = |ports: &[u16], refusal| kinds(&concluded([Made::plain().healthy().burst(ports, refusal)]));
    assert_eq!(burst(&[60_001, 60_002], None), []);
    assert_eq!(burst(&[60_001, 33_333], None), [Kind::RangeTooSmall]);
    assert_eq!(burst(&[60_001], Some("421 Too many.")), [Kind::RangeTooSmall]);

    let policy = |checks: &[(Policy, &str)]| kinds(&concluded([Made::plain().healthy().policies(checks)]));
    let refusal = "500 Illegal PORT command.";
    assert_eq!(
        policy(&[(Policy::PrivilegedPort, refusal), (Policy::ForeignAddress, refusal)]),
        [Kind::BounceSafe]
    );
    assert_eq!(
        policy(&[(Policy::PrivilegedPort, refusal), (Policy::ForeignAddress, "200 Ok.")]),
        [Kind::BounceRisk]
    );
    let tried = "425 Can't connect to specified address.";
    assert_eq!(
        policy(&[(Policy::PrivilegedPort, tried), (Policy::ForeignAddress, refusal)]),
        [Kind::BounceRisk],
        "a server that could not connect has tried to"
    );
    assert_eq!(policy(&[(Policy::PrivilegedPort, refusal)]), [], "half of it proves nothing");
    assert_eq!(policy(&[(Policy::PasvAfterEpsvAll, "227 Ok (10,0,0,1,9,9)")]), [Kind::EpsvAllIgnored]);
}

#[test]
fn what_was_stopped_is_inconclusive() {
    let conclusions = concluded([Made::plain().control(Err(DialError::Stopped))]);
    assert_eq!(kinds(&conclusions), []);
    assert!(conclusions.flows.iter().all(|one| one.verdict == Verdict::Inconclusive));
}

#[test]
fn modes_that_are_not_asked_for_are_skipped() {
    let mut plan = plan();
    plan.modes.active = false;
    let visits = vec![Made::plain().passive(ok(60_001)).visit()];
    let conclusions = conclude(&plan, &Observation { visits, interrupted: false });
    assert_eq!(plain_verdict(&conclusions, FlowId::A1), Verdict::Skipped);
    assert_eq!(plain_verdict(&conclusions, FlowId::P3), Verdict::Pass);
    assert!(Method::ALL.iter().any(|method| !method.serves(Family::Ipv6)));
}
