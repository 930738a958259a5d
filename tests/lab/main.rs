//! The lab: generated rule sets against the real kernel, a real FTP server and real clients.
//!
//! Each test builds a client, a gateway and a server out of network namespaces, declares a deployment
//! with one firewall in it, has `ftpfw generate` write the rule set, loads that as its own header says, and then
//! checks both halves of what the program promises:
//!
//! * what the deployment needs, works: transfers by curl and lftp in every mode, both families, plain and
//!   under TLS ([`transfer`]);
//! * nothing else does: single packets next to everything that is open, none of which may arrive ([`cases`],
//!   [`reach`]).
//!
//! It needs Linux, root and the programs listed in [`require`]; without the latter two it fails.

#![cfg(target_os = "linux")]

mod audit;
mod backend;
mod cases;
mod catalogue;
mod command;
mod cpu;
#[path = "../support/deployments.rs"]
mod deployments;
mod expectations;
mod fence;
mod findings;
#[path = "../support/fixtures.rs"]
mod fixtures;
mod forms;
mod generated;
#[path = "../support/helper_matrix.rs"]
mod helper_matrix;
mod helpers;
mod listings;
mod live;
mod namespace;
mod oracle;
mod owned;
mod packet;
mod plan;
mod probe;
mod prove;
mod reach;
mod reload;
mod require;
mod round_trip;
mod scenario;
mod scripts;
mod server;
mod syntax;
mod topology;
mod transfer;
mod vsftpd;

/// A module of tests for each scenario: every back end with both forms of rule set.
macro_rules! scenarios {
    ($($name:ident: $side:ident, $place:ident, $strategy:ident;)*) => {$(
        mod $name {
            use crate::backend::Backend::{self, IptablesLegacy, IptablesNft, Nft};
            use crate::generated::Form::{self, Complete, Fragment};
            use crate::scenario::{Place, Scenario, Strategy};
            use crate::plan::Side;

            fn prove(backend: Backend, form: Form) {
                let scenario =
                    Scenario { side: Side::$side, place: Place::$place, strategy: Strategy::$strategy };
                crate::prove::prove(scenario, backend, form);
            }

            #[test]
            fn nft_complete() {
                prove(Nft, Complete);
            }

            #[test]
            fn nft_fragment() {
                prove(Nft, Fragment);
            }

            #[test]
            fn iptables_nft_complete() {
                prove(IptablesNft, Complete);
            }

            #[test]
            fn iptables_nft_fragment() {
                prove(IptablesNft, Fragment);
            }

            #[test]
            fn iptables_legacy_complete() {
                prove(IptablesLegacy, Complete);
            }

            #[test]
            fn iptables_legacy_fragment() {
                prove(IptablesLegacy, Fragment);
            }
        }
    )*};
}

scenarios! {
    server_host_static: Server, Host, Static;
    server_host_helper: Server, Host, Helper;
    server_gateway_static: Server, Gateway, Static;
    server_gateway_helper: Server, Gateway, Helper;
    server_nat_static: Server, NatAdvertised, Static;
    server_nat_helper: Server, Nat, Helper;
    server_nat_helper_advertised: Server, NatAdvertised, Helper;
    client_host_static: Client, Host, Static;
    client_host_helper: Client, Host, Helper;
    client_gateway_static: Client, Gateway, Static;
    client_gateway_helper: Client, Gateway, Helper;
    client_nat_static: Client, Nat, Static;
    client_nat_helper: Client, Nat, Helper;
}
