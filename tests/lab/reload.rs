//! Loading a rule set again is the same as loading it once.

use crate::backend::{Backend, Loader};
use crate::generated::{Form, Generated};
use crate::namespace::Namespace;
use crate::require::require;

/// A firewall with everything that leaves something in the kernel: filter rules, a helper, translation.
const DEPLOYMENT: &str = "\
version: 1
service:
  name: files
  addresses: [10.0.0.5, \"2001:db8:2::5\"]
  passive: { ports: 30000-30009 }
firewalls:
  - name: edge
    side: server
    place: gateway
    dialect: DIALECT
    strategy: STRATEGY
    interfaces: { outside: eth0, inside: eth1 }
    nat: { public: 198.51.100.5, private: 10.0.0.5 }
";

fn prove(backend: Backend) {
    require();
    let loader = Loader::new(backend);
    for strategy in ["static", "helper"] {
        for form in Form::ALL {
            let deployment = DEPLOYMENT.replace("DIALECT", backend.dialect()).replace("STRATEGY", strategy);
            let generated = Generated::new(&deployment, "edge", form).expect("a valid deployment");
            let namespace = Namespace::new("reload");
            if form == Form::Fragment {
                loader.load_policy(&namespace);
            }
            let all = generated.commands().expect("commands in the header");
            // Those that have the policy jump to a fragment are for once only, as its header says.
            let load: String = all
                .lines()
                .filter(|line| line.contains("-restore") || line.starts_with("nft -f"))
                .flat_map(|line| [line, "\n"])
                .collect();
            let execute = |script: &str| {
                loader.execute(&namespace, &generated.directory(), script).expect("a rule set that loads");
                let dump = loader.dump(&namespace);
                // iptables-save dates what it prints.
                dump.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
            };
            let once = execute(&all);
            assert!(once.iter().any(|line| line.contains("ftpfw")), "{once:#?}");
            assert_eq!(once, execute(&load), "{backend:?} {form:?} {strategy}");
            assert_eq!(once, execute(&load), "{backend:?} {form:?} {strategy}");
        }
    }
}

#[test]
fn nft() {
    prove(Backend::Nft);
}

#[test]
fn iptables_nft() {
    prove(Backend::IptablesNft);
}

#[test]
fn iptables_legacy() {
    prove(Backend::IptablesLegacy);
}
