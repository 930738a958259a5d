//! Random deployments against the parsers of nft and iptables: whatever is generated, they take.

use std::path::Path;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::backend::{Backend, Loader};
use crate::deployments::{DeploymentSpec, deployment};
use crate::generated::{Form, Generated};
use crate::namespace::Namespace;
use crate::require::require;

/// How many deployments to draw: enough for every combination of dialect, side, place and strategy to come up several
/// times.
const CASES: u32 = 200;

/// Has every rule set for `dialect` generated, and then checked and loaded as its header says by each back end.
fn accepted(dialect: &str, backends: &[Backend]) {
    require();
    let loaders: Vec<Loader> = backends.iter().copied().map(Loader::new).collect();
    // The same deployments every time: what fails once can be looked at again.
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    runner
        .run(&deployment(), |deployment| check(&deployment, dialect, &loaders).map_err(TestCaseError::fail))
        .unwrap_or_else(|failure| panic!("{failure}"));
}

/// Checks one deployment.
fn check(deployment: &DeploymentSpec, dialect: &str, loaders: &[Loader]) -> Result<(), String> {
    let yaml = deployment.to_yaml();
    for firewall in deployment.firewalls().iter().filter(|firewall| firewall.dialect() == dialect) {
        for form in Form::ALL {
            let generated = Generated::new(&yaml, firewall.name(), form)
                .map_err(|failure| format!("{failure}\nthe deployment:\n{yaml}"))?;
            for loader in loaders {
                accept(loader, form, &generated).map_err(|failure| {
                    format!("{failure}\nthe deployment:\n{yaml}\nwhat was generated:\n{}", generated.text())
                })?;
            }
        }
    }
    Ok(())
}

/// Has a back end check files without loading them, and then load them.
fn accept(loader: &Loader, form: Form, generated: &Generated) -> Result<(), String> {
    let namespace = Namespace::new("syntax");
    if form == Form::Fragment {
        loader.load_policy(&namespace);
    }
    for file in generated.files() {
        if let Some(command) = check_command(file, form) {
            loader.execute(&namespace, &generated.directory(), &command)?;
        }
    }
    loader.execute(&namespace, &generated.directory(), &generated.commands()?)
}

/// The command that parses a file and no more. There is none for pf on this system.
fn check_command(file: &Path, form: Form) -> Option<String> {
    let file_name = file.display();
    let join = match form {
        Form::Complete => "",
        Form::Fragment => "--noflush",
    };
    match file.extension()?.to_str()? {
        "nft" => Some(format!("nft -c -f '{file_name}'")),
        "v4" => Some(format!("iptables-restore --test {join} < '{file_name}'")),
        "v6" => Some(format!("ip6tables-restore --test {join} < '{file_name}'")),
        _ => None,
    }
}

/// There is no parser for pf here; that something is written is all there is to see.
#[test]
fn pf_is_generated() {
    accepted("pf-openbsd", &[]);
    accepted("pf-freebsd", &[]);
}

#[test]
fn nft_accepts_what_is_generated() {
    accepted("nftables", &[Backend::Nft]);
}

#[test]
fn iptables_accepts_what_is_generated() {
    accepted("iptables", &[Backend::IptablesNft, Backend::IptablesLegacy]);
}
