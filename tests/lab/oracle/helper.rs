//! Helpers, assigned anywhere: the control connections on which the kernel comes to expect a data connection are those
//! that [`helped`] names.

use std::collections::BTreeSet;
use std::process::Command;

use ftpfw::packet::{Budget, Family, Membership, Packet, PacketSet, Space};
use ftpfw::ruleset::Ruleset;
use ftpfw::ruleset::evaluate::{Question, helped};
use ftpfw::ruleset::trace::{BEFORE_CONNTRACK, Path};

use super::dice::Dice;
use super::draft::{Chain, Draft, Table};
use super::place::{INTERFACES, prefix, route, single};
use super::probe::{Quiver, expected_port};
use super::range::{Range, Sent};
use super::{RULESETS, SEED, setting};
use crate::backend::Backend;
use crate::command::{attempt, run};
use crate::require::require;

/// How many control connections each rule set gets.
const CONNECTIONS: u32 = 40;

/// How many rule sets the verdicts get for each that is tried here.
const SHARE: u64 = 4;

/// Holds the answer against the kernel.
pub(super) fn agree(backend: Backend) {
    require();
    let seed = setting("FTPFW_ORACLE_SEED", SEED);
    let mut range = Range::new();
    for number in 0..setting("FTPFW_ORACLE_RULESETS", RULESETS).div_ceil(SHARE) {
        let seed = seed.wrapping_add(number);
        let mut dice = Dice::new(seed);
        let draft = if backend == Backend::Nft { nft(&mut dice) } else { iptables(backend, &mut dice) };
        let mut quiver = Quiver::new(&mut dice);
        let connections: Vec<(Vec<Sent>, Packet)> =
            (0..CONNECTIONS).map(|number| quiver.control(number)).collect();
        if let Some(fault) = fault(&mut range, &draft, &connections) {
            let smaller = |draft: &Draft| {
                draft.smaller().find_map(|less| Some((self::fault(&mut range, &less, &connections)?, less)))
            };
            let (fault, draft) = smallest(fault, draft, smaller);
            let text: String = draft.texts().into_iter().map(|(_, text)| text).collect();
            panic!(
                "rule set {number}; again with FTPFW_ORACLE_SEED={seed} FTPFW_ORACLE_RULESETS=1\n{fault}\n{text}"
            );
        }
    }
}

/// The last of rule sets of which each is smaller than the one before.
fn smallest(
    mut fault: String,
    mut draft: Draft,
    mut smaller: impl FnMut(&Draft) -> Option<(String, Draft)>,
) -> (String, Draft) {
    while let Some(found) = smaller(&draft) {
        (fault, draft) = found;
    }
    (fault, draft)
}

/// The first connection on which the kernel sees a helper and the answer does not, or the reverse.
fn fault(range: &mut Range, draft: &Draft, connections: &[(Vec<Sent>, Packet)]) -> Option<String> {
    draft.load_alone(range);
    range.target.enter(|| run(Command::new("conntrack").arg("-F")));
    for sent in connections.iter().flat_map(|(sent, _)| sent) {
        range.send(sent);
    }
    range.seen();
    let expected = expected(range);
    let reading = draft.read();
    if let Some(problem) = reading.problems.first() {
        return Some(format!("{problem:?}"));
    }
    let mut space = Space::new(Budget::default());
    let sets = Path::ALL.map(|path| served(&reading.ruleset, path, &mut space));
    (0..).zip(connections).find_map(|(number, (_, packet))| {
        let out = route(packet.destination);
        let mut packet = packet.clone();
        packet.out_interface = out.map_or(String::new(), |network| INTERFACES[network].to_owned());
        let path = match (packet.in_interface.as_str(), out) {
            ("", _) => Path::Output,
            (_, None) => Path::Input,
            (_, Some(_)) => Path::Forward,
        };
        let (_, set) = sets.iter().find(|(known, _)| *known == path)?;
        let kernel = expected.contains(&expected_port(number));
        // The lab's own rules ask for connection tracking, and are there before the others.
        let set = space.assume(*set, BEFORE_CONNTRACK, true).expect("room");
        let answer = space.membership(set, &packet);
        let agreed = answer == if kernel { Membership::Always } else { Membership::Never };
        (!agreed).then(|| {
            format!(
                "on the {} path, helped is {answer:?}, and the kernel says {kernel}\n{packet:?}",
                path.id()
            )
        })
    })
}

fn served(ruleset: &Ruleset, path: Path, space: &mut Space) -> (Path, PacketSet) {
    let question = Question::about(path, PacketSet::FULL);
    (path, helped(ruleset, question, "ftp", space).expect("a small rule set"))
}

/// The ports that the kernel expects data connections at.
fn expected(range: &Range) -> BTreeSet<u16> {
    let mut ports = BTreeSet::new();
    for family in ["ipv4", "ipv6"] {
        let mut command = Command::new("conntrack");
        command.args(["-L", "expect", "-f", family]);
        let listing = range.target.enter(|| attempt(&mut command)).expect("conntrack lists expectations");
        for line in listing.lines() {
            // The first is that of the data connection; others are of masks, and of the control connection.
            let port = line.split_once("dport=").map(|(_, rest)| rest.split(' ').next().unwrap_or(rest));
            ports.extend(port.map(|port| port.parse::<u16>().expect("a port")));
        }
    }
    ports
}

/// Assignments in any hook, before connection tracking and after it, in tables of every kind.
fn nft(dice: &mut Dice) -> Draft {
    const HOOKS: [&str; 5] = ["prerouting", "input", "forward", "output", "postrouting"];
    const PRIORITIES: [i32; 11] = [-300, -250, -201, -200, -199, -150, -101, -50, 0, 50, 200];
    let tables = ["inet", "ip", "ip6"].map(|family| {
        let mut objects = vec!["ct helper any { type \"ftp\" protocol tcp; }".to_owned()];
        if family != "ip6" {
            objects.push("ct helper four { type \"ftp\" protocol tcp; l3proto ip; }".to_owned());
            objects.push("ct helper other { type \"irc\" protocol tcp; l3proto ip; }".to_owned());
        }
        if family != "ip" {
            objects.push("ct helper six { type \"ftp\" protocol tcp; l3proto ip6; }".to_owned());
        }
        let names: &[&str] = match family {
            "inet" => &["any", "four", "six", "other"],
            "ip" => &["any", "four", "other"],
            _ => &["any", "six"],
        };
        let chains = (0..dice.below(if family == "inet" { 4 } else { 2 })).map(|number| {
            let hook = dice.pick(&HOOKS);
            let priority = dice.pick(&PRIORITIES);
            let rules = (0..=dice.below(3)).map(|_| {
                let mut words = Vec::new();
                if dice.chance(40) {
                    let of = dice.pick(&Family::ALL);
                    let of = if family == "inet" {
                        of
                    } else {
                        [Family::Ipv4, Family::Ipv6][usize::from(family == "ip6")]
                    };
                    let word = if of == Family::Ipv4 { "ip" } else { "ip6" };
                    words.push(format!("{word} {} {}", dice.pick(&["saddr", "daddr"]), prefix(of, dice)));
                }
                // Answers go to other ports, so that no rule meets only one side of a connection.
                words.push(format!("tcp dport {}", dice.pick(&["21", "2121", "{ 21, 2121 }"])));
                if dice.chance(25) {
                    let states = ["new", "established", "invalid", "untracked", "!= new"];
                    words.push(format!("ct state {}", dice.pick(&states)));
                }
                let keeps = priority <= -200 && dice.chance(30);
                words.push(if keeps {
                    "notrack".to_owned()
                } else {
                    format!("ct helper set \"{}\"", dice.pick(names))
                });
                words.push(dice.pick(&["", "", "accept", "return"]).to_owned());
                words.join(" ")
            });
            let rules = rules.collect();
            let base = format!("type filter hook {hook} priority {priority}; policy accept;");
            Chain { name: format!("chain{number}"), base: Some(base), rules }
        });
        let chains = chains.collect();
        Table { file: None, name: format!("{family} helpers"), objects, chains }
    });
    Draft { backend: Backend::Nft, tables: tables.into(), written: None }
}

/// Assignments in the raw table, among rules that keep packets from connection tracking.
fn iptables(backend: Backend, dice: &mut Dice) -> Draft {
    let tables = Family::ALL.map(|family| {
        let chains = ["PREROUTING", "OUTPUT"].map(|chain| {
            let rules = (0..=dice.below(5)).map(|_| {
                let mut words =
                    vec![format!("-p tcp -m tcp --dport {}", dice.pick(&["21", "2121", "21:2121"]))];
                if dice.chance(30) {
                    words.push(format!("{} {}", dice.pick(&["-s", "! -s"]), prefix(family, dice)));
                }
                if dice.chance(30) {
                    words.push(format!("{} {}", dice.pick(&["-d", "! -d"]), single(family, dice)));
                }
                if dice.chance(20) {
                    words.push(format!(
                        "-m conntrack --ctstate {}",
                        dice.pick(&["NEW", "INVALID", "UNTRACKED"])
                    ));
                }
                let other = if family == Family::Ipv4 { "-j CT --helper irc" } else { "-j RETURN" };
                let targets = [
                    "-j CT --helper ftp",
                    "-j CT --helper ftp",
                    "-j CT --notrack",
                    "-j NOTRACK",
                    "-j ACCEPT",
                    other,
                ];
                words.push(dice.pick(&targets).to_owned());
                words.join(" ")
            });
            Chain { name: chain.to_owned(), base: Some("ACCEPT".to_owned()), rules: rules.collect() }
        });
        Table { file: Some(family), name: "raw".to_owned(), objects: Vec::new(), chains: chains.into() }
    });
    Draft { backend, tables: tables.into(), written: None }
}
