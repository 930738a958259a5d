//! What is generated, loaded, and printed again by the real programs, means what was generated.
//!
//! The kernel prints a rule set in other words than it was written in: conditions in another order, ports as sets, one
//! rule as two, another priority's name. So not the words are compared but what they let through, in both directions
//! and in every state that a firewall for FTP tells apart; and since attaching a helper and translating a source let
//! nothing more or less through, once more with a rule set in which these drop.

use std::fs;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tempfile::TempDir;

use ftpfw::deployment::{Deployment, Firewall, read};
use ftpfw::dialect::iptables::{self, Input, Sets};
use ftpfw::dialect::reading::Reading;
use ftpfw::dialect::{Dialect, Loading, nftables, usage, write};
use ftpfw::flow::{Grant, Shape, grant};
use ftpfw::packet::{Family, State};
use ftpfw::ruleset::difference::differences;
use ftpfw::ruleset::{Action, HelperObject, Rule, Ruleset};

use crate::backend::{Backend, Loader};
use crate::deployments::deployment;
use crate::namespace::Namespace;
use crate::owned::folder;
use crate::require::require;

/// How many deployments to draw: each has one to three firewalls, of which those in the dialect are tried.
const DEPLOYMENTS: usize = 60;

/// The policy that a fragment joins. A chain of another table does not decide alone, so each has what it may join.
const POLICY_NFT: &str = "\
table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
	}
	chain forward {
		type filter hook forward priority filter; policy drop;
	}
	chain output {
		type filter hook output priority filter; policy drop;
	}
}
";

/// The same for iptables, with the chains that are always there.
const POLICY_IPTABLES: &str = "\
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT DROP [0:0]
COMMIT
";

/// The tables that `iptables -S` is asked for.
const TABLES: [&str; 4] = ["raw", "mangle", "nat", "filter"];

#[test]
fn nft_prints_what_was_generated() {
    prove(Backend::Nft);
}

#[test]
fn iptables_nft_prints_what_was_generated() {
    prove(Backend::IptablesNft);
}

#[test]
fn iptables_legacy_prints_what_was_generated() {
    prove(Backend::IptablesLegacy);
}

fn prove(backend: Backend) {
    require();
    let loader = Loader::new(backend);
    let mut runner =
        TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let mut tried = 0;
    for _ in 0..DEPLOYMENTS {
        let yaml = deployment().new_tree(&mut runner).expect("nothing is rejected").current().to_yaml();
        let deployment = read("random.yaml", yaml.as_bytes(), None).deployment.expect("it is valid");
        let ours = |firewall: &&Firewall| firewall.dialect.id() == backend.dialect();
        for firewall in deployment.firewalls.iter().filter(ours) {
            for shape in [Shape::Complete, Shape::Fragment] {
                tried += 1;
                if let Err(failure) = check(&loader, &deployment, firewall, shape) {
                    panic!("{failure}\nthe firewall {}, {shape:?}, of\n{yaml}", firewall.name);
                }
            }
        }
    }
    assert!(tried >= 60, "only {tried} rule sets were tried");
}

/// Loads one rule set and reads all that can be printed of it.
fn check(loader: &Loader, deployment: &Deployment, firewall: &Firewall, shape: Shape) -> Result<(), String> {
    let namespace = Namespace::new("print");
    let granted = grant(deployment, firewall, shape);
    let script = load(&granted, firewall.dialect, shape);
    loader.output(&namespace, script.folder.path(), &script.commands)?;
    let meant = match shape {
        Shape::Complete => granted.ruleset,
        Shape::Fragment => attached(granted, firewall.dialect),
    };
    for (command, reading) in printed(loader, &namespace)? {
        let said = |what: &str| format!("{command}: {what}");
        if !reading.problems.is_empty() {
            return Err(said(&format!("{:#?}", reading.problems)));
        }
        compare(&meant, &reading.ruleset).map_err(|differs| said(&differs))?;
    }
    Ok(())
}

/// The files of a rule set, and the commands that load them.
struct Script {
    folder: TempDir,
    commands: String,
}

fn load(granted: &Grant, dialect: Dialect, shape: Shape) -> Script {
    let folder = folder("printed");
    let (loading, mut commands) = match (shape, dialect) {
        (Shape::Complete, _) => (Loading::Replace, Vec::new()),
        (Shape::Fragment, Dialect::Nftables) => (Loading::Join, vec!["nft -f policy".to_owned()]),
        (Shape::Fragment, _) => {
            let restore = |program| format!("{program}-restore < policy");
            (Loading::Join, ["iptables", "ip6tables"].map(restore).to_vec())
        }
    };
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    put("policy", if dialect == Dialect::Nftables { POLICY_NFT } else { POLICY_IPTABLES });
    for file in write(&granted.ruleset, dialect, loading, "wall") {
        put(&file.name, &file.text);
        let usage = usage(dialect, loading, &file, &granted.attachments);
        commands.extend(usage.load);
        commands.extend(usage.attach);
    }
    Script { folder, commands: commands.join("\n") }
}

/// A fragment within the policy that enters it.
fn attached(granted: Grant, dialect: Dialect) -> Ruleset {
    let mut all = match dialect {
        Dialect::Nftables => nftables::read(POLICY_NFT, 0, &mut |_| None).ruleset,
        _ => Ruleset {
            chains: Family::ALL
                .into_iter()
                .flat_map(|family| saved(POLICY_IPTABLES, family, "filter").ruleset.chains)
                .collect(),
            ..Ruleset::default()
        },
    };
    for attachment in granted.attachments {
        let base = all.chains.iter_mut().find(|chain| {
            chain.table == attachment.table && chain.base.is_some_and(|base| base.hook == attachment.hook)
        });
        let jump = Rule { actions: [Action::Jump(attachment.chain)].into(), ..Rule::default() };
        base.expect("the policy has every chain that there is").rules.insert(0, jump);
    }
    all.chains.extend(granted.ruleset.chains);
    all.helper_objects.extend(granted.ruleset.helper_objects);
    all
}

/// What the programs print, with the command of each, read back.
fn printed(loader: &Loader, namespace: &Namespace) -> Result<Vec<(String, Reading)>, String> {
    let here = folder("nothing");
    let say = |command: &str| loader.output(namespace, here.path(), command);
    if loader.backend() == Backend::Nft {
        let (text, json) = ("nft list ruleset", "nft -j list ruleset");
        return Ok(vec![
            (text.to_owned(), nftables::read(&say(text)?, 0, &mut |_| None)),
            (json.to_owned(), nftables::read_json(&say(json)?, 0)),
        ]);
    }
    let (mut saves, mut lists) = (Reading::default(), Reading::default());
    for (family, program) in [(Family::Ipv4, "iptables"), (Family::Ipv6, "ip6tables")] {
        add(&mut saves, saved(&say(&format!("{program}-save -c"))?, family, "filter"));
        for table in TABLES {
            add(&mut lists, saved(&say(&format!("{program} -t {table} -S"))?, family, table));
        }
    }
    Ok(vec![("iptables-save -c".to_owned(), saves), ("iptables -S".to_owned(), lists)])
}

fn saved(text: &str, family: Family, table: &str) -> Reading {
    iptables::read(text, Input { number: 0, family, table, sets: &Sets::default() })
}

fn add(all: &mut Reading, more: Reading) {
    all.ruleset.chains.extend(more.ruleset.chains);
    all.problems.extend(more.problems);
}

/// Whether two rule sets mean the same.
fn compare(meant: &Ruleset, printed: &Ruleset) -> Result<(), String> {
    same(meant, printed)?;
    let (meant, printed) = (side_effects(meant), side_effects(printed));
    if meant.1 != printed.1 {
        return Err(format!("meant are {:#?}, printed are {:#?}", meant.1, printed.1));
    }
    same(&meant.0, &printed.0).map_err(|differs| format!("if what is done drops: {differs}"))
}

fn same(meant: &Ruleset, printed: &Ruleset) -> Result<(), String> {
    for state in [State::New, State::Established, State::Related] {
        for ways in differences(meant, printed, state).map_err(|error| format!("{error:?}"))? {
            let [lost, gained] = ways.only;
            if lost.is_some() || gained.is_some() {
                return Err(format!(
                    "{state:?}, {:?}: lost {lost:#?}, gained {gained:#?}\nmeant: {meant:#?}\nprinted: {printed:#?}",
                    ways.path
                ));
            }
        }
    }
    Ok(())
}

/// The rule set with what is done beside letting through turned into a drop, and what that was.
fn side_effects(ruleset: &Ruleset) -> (Ruleset, Vec<String>) {
    let mut dropping = ruleset.clone();
    let mut done = Vec::new();
    for chain in &mut dropping.chains {
        for rule in &mut chain.rules {
            let words = |action: &Action| match action {
                Action::AssignHelper(name) => {
                    let is_meant =
                        |object: &&HelperObject| object.table == chain.table && object.name == *name;
                    let object = ruleset.helper_objects.iter().find(is_meant);
                    let name = object.map_or(name, |object| &object.helper);
                    Some(format!("{} helper {name}", chain.table.family.id()))
                }
                Action::SourceNat { .. } | Action::DestinationNat { .. } | Action::Notrack => {
                    Some(format!("{} {action:?}", chain.table.family.id()))
                }
                _ => None,
            };
            done.extend(rule.actions.iter().filter_map(words));
            rule.actions.replace(|action| words(action).map(|_| Action::Drop));
        }
    }
    done.sort();
    done.dedup();
    (dropping, done)
}
