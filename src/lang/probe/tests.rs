use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::*;
use crate::audit::Session;
use crate::deployment::ActiveSource;
use crate::flow::FlowId;
use crate::packet::Family;
use crate::probe::conclusion::{Cause, Evidence, FlowVerdict, Kind};
use crate::probe::observation::IcmpError;
use crate::probe::plan::Login;

fn plan() -> Plan {
    Plan {
        passive_ports: Some(PortRange::between(60000, 60020)),
        active_source: ActiveSource::Ports(PortRange::between(20, 20).into()),
        samples: 1,
        ..Plan::plain(vec![IpAddr::from([203, 0, 113, 10])], 21, Login::new("anonymous", "hunter2"))
    }
}

fn evidence() -> Evidence {
    Evidence {
        took: Some(Duration::from_micros(2500)),
        peer: Some((Ipv4Addr::new(203, 0, 113, 10), 60007).into()),
        command: Some("EPSV".to_owned()),
        reply: vec!["229-\u{1b}[2J\u{202e}gone".to_owned(), "229 ok".to_owned()],
        ..Evidence::default()
    }
}

fn conclusions() -> Conclusions {
    let flow = |flow, verdict| FlowVerdict {
        flow,
        family: Family::Ipv4,
        session: Session::Plain,
        verdict,
        evidence: Some(evidence()),
    };
    let conclusion = |kind| Conclusion {
        kind,
        family: Some(Family::Ipv4),
        session: Some(Session::Plain),
        method: None,
        flows: vec![FlowId::P3],
        ports: vec![60007, 60008, 60011],
        evidence: evidence(),
    };
    Conclusions {
        flows: vec![
            flow(FlowId::P1, Verdict::Pass),
            flow(FlowId::P3, Verdict::Blocked(Some(Cause::Dropped))),
            flow(FlowId::P4, Verdict::Inconclusive),
        ],
        conclusions: Kind::ALL.into_iter().map(conclusion).collect(),
    }
}

fn all_text(lang: Lang) -> String {
    let (plan, conclusions) = (plan(), conclusions());
    let report = Report {
        plan: &plan,
        conclusions: &conclusions,
        mends: &[],
        sweeps: None,
        foretold: None,
        interrupted: true,
    };
    let dress = crate::report::text::Dress { width: 100, color: false };
    let mut text = crate::report::text::render(&document(&report, lang), dress);
    for conclusion in &conclusions.conclusions {
        text += &diagnostic(conclusion, &report, lang, false);
    }
    text + &summary(&report, lang)
}

fn is_chinese(character: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&character)
}

#[test]
fn every_conclusion_is_said_in_every_language() {
    for kind in Kind::ALL {
        for words in [title, meaning, advice] {
            let (english, chinese) = (words(kind, Lang::En), words(kind, Lang::Zh));
            assert!(!english.is_empty() && !english.chars().any(is_chinese), "{kind:?}: {english}");
            assert!(chinese.chars().any(is_chinese), "{kind:?}: {chinese}");
        }
        // A title names what was found; sentences end.
        assert!(!title(kind, Lang::En).ends_with('.') && !title(kind, Lang::Zh).ends_with('。'), "{kind:?}");
        for sentences in [meaning, advice] {
            assert!(sentences(kind, Lang::En).ends_with('.'), "{kind:?}");
            assert!(sentences(kind, Lang::Zh).ends_with('。'), "{kind:?}");
        }
    }
}

#[test]
fn nothing_that_a_server_says_acts_on_the_terminal() {
    for lang in Lang::ALL {
        let text = all_text(lang);
        assert!(text.chars().all(|character| character == '\n' || !character.is_control()), "{text:?}");
        assert!(!text.contains('\u{202e}') && text.contains("\\u{1b}[2J"), "{text}");
    }
}

#[test]
fn no_password_is_shown() {
    let plan = plan();
    let conclusions = conclusions();
    let report = Report {
        plan: &plan,
        conclusions: &conclusions,
        mends: &[],
        sweeps: None,
        foretold: None,
        interrupted: false,
    };
    for text in [all_text(Lang::En), format!("{report:?}"), json(&report, Lang::En).to_string()] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn a_long_reply_is_cut() {
    let conclusions = Conclusions {
        conclusions: vec![Conclusion {
            evidence: Evidence { reply: vec!["x".repeat(100_000); 1000], ..evidence() },
            ..conclusions().conclusions.swap_remove(0)
        }],
        ..Conclusions::default()
    };
    let plan = plan();
    let report = Report {
        plan: &plan,
        conclusions: &conclusions,
        mends: &[],
        sweeps: None,
        foretold: None,
        interrupted: false,
    };
    let text = diagnostic(&conclusions.conclusions[0], &report, Lang::En, false);
    assert!(text.len() < 3000 && text.contains("(and 995 more lines)"), "{text}");
}

#[test]
fn evidence_is_told_by_name_number_time_and_place() {
    let refused = Evidence { errno: Some(libc_refused()), reply: Vec::new(), ..evidence() };
    let notes = super::evidence::notes(&refused, Lang::En);
    let said: Vec<&str> = notes.iter().map(|(_, text)| text.as_str()).collect();
    let name = format!("{} ({})", errno_name(libc_refused()).expect("a name"), libc_refused());
    assert_eq!(said, [name.as_str(), "2.5 ms", "203.0.113.10:60007", "EPSV"]);
}

#[test]
fn evidence_names_who_sent_an_icmp_message() {
    let say = |from: &str, [kind, code]: [u8; 2], lang| {
        let icmp = Some(IcmpError { from: from.parse().expect("an address"), kind, code });
        let local = Some((Ipv4Addr::new(192, 0, 2, 7), 40_000).into());
        let notes = super::evidence::notes(&Evidence { icmp, local, ..evidence() }, lang);
        notes[0].1.clone()
    };
    let router = "administratively prohibited (ICMP 3/13), sent by 198.51.100.1";
    assert_eq!(say("198.51.100.1", [3, 13], Lang::En), router);
    let here = "port unreachable (ICMP 3/3), sent by this machine itself (192.0.2.7)";
    assert_eq!(say("192.0.2.7", [3, 3], Lang::En), here);
    assert_eq!(say("2001:db8::1", [1, 4], Lang::Zh), "端口不可达（ICMPv6 1/4），由 2001:db8::1 发出");
    assert_eq!(say("2001:db8::1", [1, 99], Lang::En), "ICMPv6 1/99, sent by 2001:db8::1");
}

#[test]
fn the_table_says_why_and_not_how_the_port_was_named() {
    let brief = |flow: &FlowVerdict| super::evidence::brief(flow, Lang::En);
    let [passes, silent, unclear] = conclusions().flows.try_into().expect("three flows");
    assert_eq!(brief(&silent), "no answer, 2.5 ms, port 60007");
    assert_eq!(brief(&unclear), "2.5 ms, port 60007");
    assert_eq!(brief(&passes), "2.5 ms");
    let told = FlowVerdict { evidence: Some(Evidence { peer: None, ..evidence() }), ..silent };
    assert_eq!(brief(&told), "229 ok, 2.5 ms", "the server itself says why");
}

/// The number of `ECONNREFUSED` on this system.
fn libc_refused() -> i32 {
    if cfg!(windows) { 10061 } else { [111, 61][usize::from(cfg!(not(target_os = "linux")))] }
}

#[test]
fn ports_are_told_as_runs() {
    assert!(all_text(Lang::En).contains("60007-60008, 60011"), "{}", all_text(Lang::En));
}

#[test]
fn the_schema_knows_every_conclusion() {
    let schema = include_str!("../../../docs/schema/probe.json");
    let schema: serde_json::Value = serde_json::from_str(schema).expect("a schema");
    let known: Vec<&str> = schema["$defs"]["conclusion"]["enum"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(serde_json::Value::as_str)
        .collect();
    assert_eq!(known, Kind::ALL.map(Kind::id));
}
