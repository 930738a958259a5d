//! The proof of one rule set: generated, loaded, and held against real transfers and single packets.

use std::fmt::{self, Write as _};

use crate::backend::{Backend, Loader};
use crate::cases::{Case, cases};
use crate::expectations::{Expectation, expectations};
use crate::fence::Fence;
use crate::generated::{Form, Generated};
use crate::owned::folder;
use crate::plan::Family;
use crate::probe::agreement::disagreements;
use crate::reach::reaches;
use crate::require::require;
use crate::scenario::{FIREWALL, Scenario, Strategy};
use crate::topology::{Host, Topology};
use crate::transfer::{Client, Mode, Operation, Program, Transfer, transfers};
use crate::vsftpd::Vsftpd;

/// Transfers that go wrong take their full time. After so many of them the picture is clear.
const ENOUGH_FAULTS: usize = 5;

/// The seconds that a transfer may take. It takes a tenth of one; this is for a machine under load.
const WORKS_WITHIN: u8 = 10;
/// The seconds that a transfer gets that cannot work.
const FAILS_AFTER: u8 = 2;

/// The bytes that a link takes at once: usually, and to be narrow for either family.
const USUAL_MTU: u16 = 1500;
const NARROW_MTU: u16 = 1400;

/// Proves that the generated rule set lets through exactly what the deployment needs.
///
/// # Panics
///
/// When it does not, with all that differs, the rule set and what the kernel made of it.
pub(crate) fn prove(scenario: Scenario, backend: Backend, form: Form) {
    require();
    let topology = Topology::new(scenario.plan());
    let mut lab = Lab { scenario, topology: &topology, faults: Vec::new() };
    lab.check_without_rules();

    let deployment = scenario.deployment(backend);
    let generated = Generated::new(&deployment, FIREWALL, form)
        .unwrap_or_else(|failure| panic!("{failure}\nthe deployment:\n{deployment}"));
    let loader = load(&topology, scenario, backend, form, &generated);
    let reached: Vec<Family> = Family::ALL.into_iter().filter(|&family| lab.check_packets(family)).collect();

    // Not before: packets are checked on a control connection that is the lab's own.
    let server = Vsftpd::start(&topology, scenario.advertised());
    let client = Client::new(&topology, &server);
    lab.check_transfers(&client, &reached);
    if reached.len() == Family::ALL.len() {
        let listing = folder("listing");
        let rules = match form {
            Form::Complete => generated.files().to_vec(),
            // A fragment means little without the rules that it is added to.
            Form::Fragment => loader.list(topology.host(scenario.firewall()), listing.path()),
        };
        lab.faults.extend(disagreements(&topology, &server, &deployment, &rules, &[]));
    }
    if form == Form::Complete && lab.faults.is_empty() {
        // With a fragment, ICMP is a matter of the policy that it is added to; the lab's has none.
        lab.check_path_mtu(&client, &reached);
    }

    assert!(
        lab.faults.is_empty(),
        "{lab}\nthe deployment:\n{deployment}\nwhat was generated:\n{}\nwhat is loaded:\n{}\nthe server says:\n{}",
        generated.text(),
        loader.dump(topology.host(scenario.firewall())),
        tail(&server.log(), 40),
    );
}

/// Puts a rule set to work by the commands in its own header.
///
/// # Panics
///
/// When they fail.
fn load(
    topology: &Topology,
    scenario: Scenario,
    backend: Backend,
    form: Form,
    generated: &Generated,
) -> Loader {
    let firewall = topology.host(scenario.firewall());
    let loader = Loader::new(backend);
    if form == Form::Fragment {
        loader.load_policy(firewall);
    }
    generated
        .commands()
        .and_then(|script| loader.execute(firewall, &generated.directory(), &script))
        .unwrap_or_else(|failure| panic!("{failure}\nwhat was generated:\n{}", generated.text()));
    topology.forget_neighbours();
    loader
}

/// A topology, and what has been found wrong so far.
struct Lab<'lab> {
    scenario: Scenario,
    topology: &'lab Topology,
    faults: Vec<String>,
}

impl fmt::Display for Lab<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {} faults", self.scenario, self.faults.len())?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n  - {}", fault.replace('\n', "\n    ")))
    }
}

impl Lab<'_> {
    /// Checks that every probe arrives before there are rules: what stops one later is the rules.
    ///
    /// Not where addresses are translated, since there the translation is a part of the rules.
    fn check_without_rules(&mut self) {
        let plan = self.scenario.plan();
        let translated = |family| family == Family::V4 && plan.nat;
        for family in Family::ALL.into_iter().filter(|&family| !translated(family)) {
            let Some(mut fence) = self.fence(family) else { return };
            for Case { probe, .. } in cases(self.scenario, family) {
                match reaches(self.topology, &mut fence, &probe) {
                    Ok(true) => {}
                    Ok(false) => self.faults.push(format!("the lab is at fault: {probe} gets lost")),
                    Err(failure) => return self.faults.push(format!("{probe}: {failure}")),
                }
            }
        }
    }

    /// Checks every single packet against the rules, and with a helper those that it expects. False if there
    /// is no control connection to check them on.
    fn check_packets(&mut self, family: Family) -> bool {
        let Some(mut fence) = self.fence(family) else { return false };
        let checked = self.check_cases(&mut fence, family);
        checked.map_err(|failure| self.faults.push(failure)).is_ok()
    }

    fn check_cases(&mut self, fence: &mut Fence, family: Family) -> Result<(), String> {
        for case in cases(self.scenario, family) {
            self.check(fence, &case)?;
        }
        if self.scenario.strategy == Strategy::Helper {
            for Expectation { speaker, line, case } in expectations(self.scenario.plan(), family) {
                fence.say(speaker, &line)?;
                self.check(fence, &case)?;
            }
        }
        Ok(())
    }

    /// Checks one packet. It is an error if that cannot be done, for lack of a fence that gets through.
    fn check(&mut self, fence: &mut Fence, case: &Case) -> Result<(), String> {
        let Case { probe, arrives, what } = case;
        let arrived =
            reaches(self.topology, fence, probe).map_err(|failure| format!("{probe}: {failure}"))?;
        match (arrived, arrives) {
            (true, false) => self.faults.push(format!("{probe} arrives and should not: {what}")),
            (false, true) => self.faults.push(format!("{probe} should arrive and does not: {what}")),
            _ => {}
        }
        Ok(())
    }

    fn fence(&mut self, family: Family) -> Option<Fence> {
        Fence::open(self.topology, family).map_err(|failure| self.faults.push(failure)).ok()
    }

    /// Checks that every transfer works that should, and no other. Where the listing does not work, or should not,
    /// the other operations are not tried.
    fn check_transfers(&mut self, client: &Client<'_>, families: &[Family]) {
        let kinds: &[bool] = match self.scenario.strategy {
            Strategy::Static => &[false, true],
            Strategy::Helper => &[false],
        };
        let before = self.faults.len();
        let mut broken: Option<Transfer> = None;
        for transfer in kinds.iter().flat_map(|&tls| transfers(tls)) {
            let of_broken =
                broken.is_some_and(|broken| Transfer { operation: broken.operation, ..transfer } == broken);
            let enough = self.faults.len() - before >= ENOUGH_FAULTS;
            if of_broken || enough || !families.contains(&transfer.family) {
                continue;
            }
            let works = self.scenario.lets_through(transfer);
            let outcome = client.make(transfer, if works { WORKS_WITHIN } else { FAILS_AFTER });
            broken =
                Some(transfer).filter(|transfer| outcome.is_err() && transfer.operation == Operation::List);
            match outcome {
                Err(failure) if works => self.faults.push(format!("{transfer} fails: {failure}")),
                Ok(()) if !works => self.faults.push(format!("{transfer} works, which it cannot")),
                _ => {}
            }
        }
    }

    /// Checks that transfers get through where a link in the middle takes smaller packets than either end sends. The
    /// gateway says so by ICMP, and if that is dropped, a transfer begins and then hangs.
    fn check_path_mtu(&mut self, client: &Client<'_>, families: &[Family]) {
        for (towards, operation) in [(Host::Client, Operation::Download), (Host::Server, Operation::Upload)] {
            self.topology.set_mtu(towards, NARROW_MTU);
            for &family in families {
                let transfer =
                    Transfer { program: Program::Curl, mode: Mode::Epsv, family, tls: false, operation };
                if let Err(failure) = client.make(transfer, WORKS_WITHIN) {
                    self.faults.push(format!("{transfer} fails on a path with a narrow link: {failure}"));
                }
            }
            self.topology.set_mtu(towards, USUAL_MTU);
        }
    }
}

/// The last lines of a text.
fn tail(text: &str, lines: usize) -> String {
    let skipped = text.lines().count().saturating_sub(lines);
    text.lines().skip(skipped).fold(String::new(), |mut tail, line| {
        let _ = writeln!(tail, "{line}");
        tail
    })
}
