//! `ftpfw audit --fix` at its word: a transfer that the rules break fails, and after the patch it works.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::backend::{Backend, Loader};
use crate::command::{attempt, feed};
use crate::owned::folder;
use crate::plan::{Family, Side};
use crate::probe::agreement::disagreements;
use crate::require::require;
use crate::scenario::{Place, Scenario, Strategy};
use crate::topology::Topology;
use crate::transfer::{Client, Mode, Operation, Program, Transfer};
use crate::vsftpd::Vsftpd;

/// The seconds that a transfer may take before and after the patch.
const FAILS_AFTER: u8 = 2;
const WORKS_WITHIN: u8 = 10;

/// Rules that break a transfer.
struct Broken {
    side: Side,
    place: Place,
    strategy: Strategy,
    backend: Backend,
    mode: Mode,
    family: Family,
    /// The finding about it.
    finding: &'static str,
    /// The rules, of one family with iptables.
    rules: &'static str,
}

impl Broken {
    /// The name of the file, by which its format is known.
    fn file(&self) -> &'static str {
        match (self.backend, self.family) {
            (Backend::Nft, _) => "rules.nft",
            (_, Family::V4) => "rules.v4",
            (_, Family::V6) => "rules.v6",
        }
    }

    /// The command that loads it, in place of what was loaded before.
    fn load(&self) -> String {
        match (self.backend, self.family) {
            (Backend::Nft, _) => format!("nft flush ruleset; nft -f {}", self.file()),
            (_, Family::V4) => format!("iptables-restore {}", self.file()),
            (_, Family::V6) => format!("ip6tables-restore {}", self.file()),
        }
    }

    fn scenario(&self) -> Scenario {
        Scenario { side: self.side, place: self.place, strategy: self.strategy }
    }

    fn transfer(&self) -> Transfer {
        Transfer {
            program: Program::Curl,
            mode: self.mode,
            family: self.family,
            tls: false,
            operation: Operation::List,
        }
    }
}

/// Loads the rules, sees the transfer fail, patches the file, and sees it work.
fn prove(broken: &Broken) {
    require();
    let scenario = broken.scenario();
    let topology = Topology::new(scenario.plan());
    let firewall = topology.host(scenario.firewall());
    let server = Vsftpd::start(&topology, scenario.advertised());
    let client = Client::new(&topology, &server);
    let loader = Loader::new(broken.backend);
    let folder = folder("audit");
    let (directory, file) = (folder.path(), folder.path().join(broken.file()));
    fs::write(directory.join("deployment.yaml"), scenario.deployment(broken.backend)).expect("a file");
    fs::write(&file, broken.rules).expect("a file");

    // Where a helper still expects a connection to a port, it drops the reply that announces the same port to another
    // session (nf_ct_expect_related returns EBUSY): what earlier sessions have left is forgotten.
    let attempt_transfer = |patience| {
        let load = format!("{}; conntrack -F; conntrack -F expect", broken.load());
        loader.execute(firewall, directory, &load).unwrap_or_else(|failure| panic!("{failure}"));
        topology.forget_neighbours();
        client.make(broken.transfer(), patience)
    };
    let (finding, transfer) = (broken.finding, broken.transfer());
    let before = attempt_transfer(FAILS_AFTER);
    assert!(before.is_err(), "{finding}: {transfer} works with\n{}", broken.rules);
    let found = audit(directory, broken.file(), &["--fail-on", "never"]);
    assert!(found.contains(finding), "{finding}: not found:\n{found}");
    let family = match broken.family {
        Family::V4 => "ipv4",
        Family::V6 => "ipv6",
    };
    let probed = |file: &PathBuf| {
        let files = std::slice::from_ref(file);
        let options = ["--read-only", "--family", family];
        let faults = disagreements(&topology, &server, &scenario.deployment(broken.backend), files, &options);
        assert!(faults.is_empty(), "{finding}: {}", faults.join("\n"));
    };
    probed(&file);

    let patch = audit(directory, broken.file(), &["--fail-on", "never", "--fix"]);
    feed(Command::new("patch").arg("-p1").current_dir(directory), &patch);
    let after = attempt_transfer(WORKS_WITHIN);
    let said = after.err().unwrap_or_default();
    assert!(said.is_empty(), "{transfer} fails after\n{patch}\n{said}\n{}", loader.dump(firewall));
    let found = audit(directory, broken.file(), &["--fail-on", "never"]);
    assert!(!found.contains(finding), "{finding}: still found:\n{found}");
    probed(&file);
}

/// What an audit prints, in a folder.
fn audit(directory: &Path, file: &str, options: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftpfw"));
    command.args(["--lang", "en", "audit", "deployment.yaml", file]).args(options).current_dir(directory);
    attempt(&mut command).unwrap_or_else(|failure| panic!("{failure}"))
}

macro_rules! broken {
    ($($name:ident: $side:ident $place:ident $strategy:ident $backend:ident, $mode:ident over $family:ident, $finding:literal, $rules:literal;)*) => {$(
        #[test]
        fn $name() {
            prove(&Broken {
                side: Side::$side,
                place: Place::$place,
                strategy: Strategy::$strategy,
                backend: Backend::$backend,
                mode: Mode::$mode,
                family: Family::$family,
                finding: $finding,
                rules: $rules,
            });
        }
    )*};
}

broken! {
    passive_ports_closed_on_the_server: Server Host Static Nft, Epsv over V6, "FTP005", "\
table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iif lo accept
		meta l4proto ipv6-icmp accept
		ct state established accept
		tcp dport { 21, 22 } accept
	}
}
";
    passive_ports_rejected_in_a_chain_of_their_own: Server Host Static IptablesNft, Pasv over V4, "FTP005", "\
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:services - [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --syn -j services
-A services -p tcp -m tcp --dport 21 -j ACCEPT
-A services -p tcp -m tcp --dport 22 -j ACCEPT
-A services -p tcp -j REJECT --reject-with tcp-reset
COMMIT
";
    active_connections_closed_on_the_server: Server Host Static IptablesLegacy, Port over V4, "FTP021", "\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT DROP [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 21 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 30000:30009 -j ACCEPT
-A OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
COMMIT
";
    control_connection_closed_on_the_server: Server Host Static Nft, Pasv over V4, "FTP004", "\
table ip filter {
	chain input {
		type filter hook input priority 0; policy accept;
		ct state established,related accept
		tcp dport 30000-30009 accept
		tcp dport 22 accept
		drop
	}
}
";
    replies_closed_on_the_server: Server Host Static IptablesNft, Pasv over V4, "FTP004", "\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT DROP [0:0]
-A INPUT -p tcp -m tcp --dport 21 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 30000:30009 -j ACCEPT
COMMIT
";
    passive_ports_closed_at_the_gateway_of_the_server: Server Gateway Static Nft, Epsv over V6, "FTP005", "\
add table inet filter
add chain inet filter forward { type filter hook forward priority filter; policy drop; }
add rule inet filter forward ct state established accept
add rule inet filter forward iifname \"outside\" tcp dport 21 accept
";
    active_connections_closed_at_the_gateway_of_the_server: Server Gateway Static IptablesLegacy, Port over V4, "FTP021", "\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A FORWARD -i outside -p tcp -m multiport --dports 21,30000:30009 -j ACCEPT
COMMIT
";
    passive_ports_closed_on_the_client: Client Host Static Nft, Pasv over V4, "FTP005", "\
table inet filter {
	chain output {
		type filter hook output priority filter; policy drop;
		oif lo accept
		ct state established accept
		tcp dport { 21, 80, 443 } accept
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
	}
}
";
    active_connections_closed_on_the_client: Client Host Static IptablesNft, Port over V4, "FTP021", "\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
COMMIT
";
    control_connection_closed_at_the_gateway_of_the_clients: Client Gateway Static Nft, Epsv over V6, "FTP004", "\
table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state established accept
		iifname \"inside\" tcp dport { 80, 443, 1024-65535 } accept
	}
}
";
    passive_ports_closed_at_the_gateway_of_the_clients: Client Gateway Static IptablesNft, Epsv over V6, "FTP005", "\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A FORWARD -i inside -p tcp -m tcp --dport 21 -j ACCEPT
COMMIT
";
    helper_that_no_rule_attaches: Server Host Helper IptablesLegacy, Pasv over V4, "FTP009", "\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 21 -j ACCEPT
COMMIT
";
    helper_that_no_rule_attaches_at_the_gateway: Server Gateway Helper Nft, Epsv over V6, "FTP009", "\
add table inet filter
add chain inet filter forward { type filter hook forward priority filter; policy drop; }
add rule inet filter forward ct state established,related accept
add rule inet filter forward iifname \"outside\" tcp dport 21 accept
";
    helper_before_connection_tracking: Server Host Helper Nft, Pasv over V4, "FTP014", "\
table inet filter {
	ct helper ftp-standard {
		type \"ftp\" protocol tcp;
	}
	chain helper {
		type filter hook prerouting priority raw; policy accept;
		tcp dport 21 ct helper set \"ftp-standard\"
	}
	chain input {
		type filter hook input priority filter; policy drop;
		meta l4proto ipv6-icmp accept
		ct state established accept
		tcp dport 21 accept
		ct state related ct helper \"ftp\" tcp dport 30000-30009 accept
	}
}
";
    helper_by_the_name_of_its_object: Server Host Helper Nft, Epsv over V6, "FTP015", "\
table inet filter {
	ct helper ftp-standard {
		type \"ftp\" protocol tcp;
	}
	chain helper {
		type filter hook prerouting priority filter; policy accept;
		tcp dport 21 ct helper set \"ftp-standard\"
	}
	chain input {
		type filter hook input priority filter; policy drop;
		meta l4proto ipv6-icmp accept
		ct state established accept
		tcp dport 21 accept
		ct state related ct helper \"ftp-standard\" tcp dport 30000-30009 accept
	}
}
";
    helper_for_the_other_family: Server Host Helper Nft, Epsv over V6, "FTP016", "\
table inet filter {
	ct helper ftp-standard {
		type \"ftp\" protocol tcp;
		l3proto ip;
	}
	chain helper {
		type filter hook prerouting priority filter; policy accept;
		tcp dport 21 ct helper set \"ftp-standard\"
	}
	chain input {
		type filter hook input priority filter; policy drop;
		meta l4proto ipv6-icmp accept
		ct state established accept
		tcp dport 21 accept
		ct state related ct helper \"ftp\" tcp dport 30000-30009 accept
	}
}
";
    helper_where_packets_of_this_machine_do_not_pass: Client Host Helper IptablesNft, Port over V4, "FTP017", "\
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --sport 20 -m conntrack --ctstate RELATED -m helper --helper ftp -j ACCEPT
COMMIT
";
    helper_for_another_port: Server Gateway Helper IptablesLegacy, Pasv over V4, "FTP018", "\
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 2121 -j CT --helper ftp
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A FORWARD -i outside -p tcp -m tcp --dport 21 -j ACCEPT
-A FORWARD -i outside -p tcp -m tcp --dport 30000:30009 -m conntrack --ctstate RELATED -m helper --helper ftp -j ACCEPT
COMMIT
";
    helper_that_names_the_address_from_behind_translation: Server Nat Helper IptablesNft, Pasv over V4, "FTP018", "\
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -d 10.0.0.5/32 -p tcp -m tcp --dport 21 -j CT --helper ftp
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -d 198.51.100.5/32 -i outside -p tcp -m tcp --dport 21 -j DNAT --to-destination 10.0.0.5
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A FORWARD -i outside -p tcp -m tcp --dport 21 -j ACCEPT
-A FORWARD -i outside -p tcp -m tcp --dport 30000:30009 -m conntrack --ctstate RELATED -m helper --helper ftp -j ACCEPT
COMMIT
";
    ports_of_the_range_that_translation_changes: Server NatAdvertised Static Nft, Pasv over V4, "FTP028", "\
table ip nat {
	chain prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		iifname \"outside\" ip daddr 198.51.100.5 tcp dport 21 dnat to 10.0.0.5
		iifname \"outside\" ip daddr 198.51.100.5 tcp dport 30000-30009 dnat to 10.0.0.5:31000-31009
	}
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		oifname \"outside\" ip saddr 10.0.0.5 snat to 198.51.100.5
	}
}
table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state established accept
		iifname \"outside\" ip daddr 10.0.0.5 tcp dport { 21, 31000-31009 } accept
	}
}
";
    active_connections_that_show_the_private_address: Server NatAdvertised Static Nft, Port over V4, "FTP021", "\
table ip nat {
	chain prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		iifname \"outside\" ip daddr 198.51.100.5 tcp dport { 21, 30000-30009 } dnat to 10.0.0.5
	}
}
table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state established accept
		iifname \"outside\" ip daddr 10.0.0.5 tcp dport { 21, 30000-30009 } accept
		iifname \"inside\" accept
	}
}
";
    clients_that_nothing_hides: Client Nat Static IptablesNft, Pasv over V4, "FTP004", "\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A FORWARD -i inside -o outside -p tcp -m multiport --dports 21,30000:30009 -j ACCEPT
COMMIT
";
}
