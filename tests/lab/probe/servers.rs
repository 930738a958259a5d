//! The servers do what they are configured to do, as real clients see it: what the probe says of them is held against
//! that.

use crate::plan::{Plan, Side};
use crate::require::require;
use crate::server::{Config, Server, Software};
use crate::topology::Topology;
use crate::transfer::{Client, Operation, transfers};

/// The seconds that a transfer may take. It takes a tenth of one; this is for a machine under load.
const WORKS_WITHIN: u8 = 10;

fn prove(software: Software) {
    require();
    let topology = Topology::new(Plan { side: Side::Server, nat: false });
    let server = Server::run(&topology, software, &Config::default());
    let client = Client::new(&topology, &server);
    let wanted = [false, true].into_iter().flat_map(transfers);
    let faults: Vec<String> = wanted
        .filter(|transfer| transfer.operation != Operation::Download)
        .filter_map(|transfer| {
            client.make(transfer, WORKS_WITHIN).err().map(|failure| format!("{transfer}: {failure}"))
        })
        .collect();
    assert!(faults.is_empty(), "{software}:\n{}\n{}", faults.join("\n"), server.log());
}

#[test]
fn proftpd() {
    prove(Software::Proftpd);
}

#[test]
fn pureftpd() {
    prove(Software::Pureftpd);
}

#[test]
fn pyftpdlib() {
    prove(Software::Pyftpdlib);
}
