//! Nothing in the way: eight passes with every server, plain and under TLS, over both families.

use super::run::{Ask, BOTH, Connections, Session, all};
use crate::plan::{Family, Plan, Side};
use crate::require::require;
use crate::server::{Config, Server, Software, Tls};
use crate::topology::Topology;

/// The sessions of a server that demands TLS.
const ENCRYPTED: [Session; 2] = [(Family::V4, true), (Family::V6, true)];

fn prove(software: Software, tls: Tls) {
    require();
    let topology = Topology::new(Plan { side: Side::Server, nat: false });
    let config = Config { tls, ..Config::default() };
    let server = Server::run(&topology, software, &config);
    let seen = Ask::of(software, &config).probe(&topology, Some(&server));
    let sessions: &[Session] = if tls == Tls::Explicit { &BOTH } else { &ENCRYPTED };
    let what = format!("{software}:\n{}", server.log());
    seen.expect(&what, &all(sessions, Connections::OPEN), &[]);
    assert_eq!(seen.code, Some(0));
    let left: Vec<_> = std::fs::read_dir(server.root()).expect("the root").flatten().collect();
    // Pure-FTPd lets anonymous clients delete nothing.
    assert!(software == Software::Pureftpd || left.len() == 2, "the probe left something: {left:?}");
}

#[test]
fn vsftpd() {
    prove(Software::Vsftpd, Tls::Explicit);
}

#[test]
fn proftpd() {
    prove(Software::Proftpd, Tls::Explicit);
}

#[test]
fn pureftpd() {
    prove(Software::Pureftpd, Tls::Explicit);
}

#[test]
fn pyftpdlib() {
    prove(Software::Pyftpdlib, Tls::Explicit);
}

#[test]
fn vsftpd_demands_tls() {
    prove(Software::Vsftpd, Tls::Required);
}

#[test]
fn proftpd_demands_tls() {
    prove(Software::Proftpd, Tls::Required);
}

#[test]
fn pureftpd_demands_tls() {
    prove(Software::Pureftpd, Tls::Required);
}

#[test]
fn pyftpdlib_demands_tls() {
    prove(Software::Pyftpdlib, Tls::Required);
}

#[test]
fn vsftpd_begins_with_tls() {
    prove(Software::Vsftpd, Tls::Implicit);
}

#[test]
fn proftpd_begins_with_tls() {
    prove(Software::Proftpd, Tls::Implicit);
}
