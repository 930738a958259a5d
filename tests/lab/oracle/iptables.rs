//! Random rule sets for iptables and ip6tables.

use ftpfw::packet::Family;

use super::dice::Dice;
use super::draft::{Chain, Draft, Table};
use super::place::{
    INTERFACES, PORTS, TRANSLATED, TRANSLATED_LAST, TRANSLATED_PORTS, address, moved, port_range, prefix,
    range, single,
};
use crate::backend::Backend;

/// How many rules a chain has at most.
const MOST_RULES: usize = 6;

/// A table, the chains that the kernel enters it by, and those that only rules enter.
type Shape = (&'static str, &'static [&'static str], &'static [&'static str]);

const TABLES: [Shape; 4] = [
    ("raw", &["PREROUTING", "OUTPUT"], &["raw1", "raw2"]),
    ("mangle", &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"], &["mangle1", "mangle2"]),
    ("nat", &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"], &["nat1", "nat2"]),
    ("filter", &["INPUT", "FORWARD", "OUTPUT"], &["filter1", "filter2", "filter3"]),
];

/// A rule set of all tables, for both families.
pub(crate) fn draft(backend: Backend, dice: &mut Dice) -> Draft {
    let mut tables = Vec::new();
    for family in Family::ALL {
        for (name, hooks, users) in TABLES {
            // What drops early hides what comes later: the filter table has most of the rules.
            let empty = dice.chance(if name == "filter" { 0 } else { 50 });
            let chains = hooks.iter().chain(users).enumerate().map(|(index, &chain)| {
                let base = (index < hooks.len()).then(|| {
                    let drops = match name {
                        "filter" => 50,
                        "nat" => 0,
                        _ => 5,
                    };
                    String::from(if dice.chance(drops) { "DROP" } else { "ACCEPT" })
                });
                let below = if index < hooks.len() { users } else { &users[index + 1 - hooks.len()..] };
                let rules = if empty { 0 } else { dice.below(MOST_RULES + 1) };
                let mut writer = Writer { dice, family, table: name, chain, below };
                let rules = (0..rules).map(|_| writer.rule()).collect();
                Chain { name: chain.to_owned(), base, rules }
            });
            let chains = chains.collect();
            tables.push(Table { file: Some(family), name: name.to_owned(), objects: Vec::new(), chains });
        }
    }
    Draft { backend, tables, written: None }
}

/// Writes rules of one chain.
struct Writer<'a> {
    dice: &'a mut Dice,
    family: Family,
    table: &'static str,
    chain: &'static str,
    /// The chains that it may jump to.
    below: &'a [&'static str],
}

impl Writer<'_> {
    fn rule(&mut self) -> String {
        let mut words = Vec::new();
        let (target, needs) = self.target();
        let (protocol, interface) = needs
            .as_deref()
            .map_or((false, false), |needs| (needs.starts_with("-p"), needs.starts_with("-o")));
        words.extend(needs);
        if self.dice.chance(40) {
            words.push(self.address("-s", "--src-range"));
        }
        // With several sources, a destination may not be negated.
        if self.dice.chance(40) && !words.iter().any(|word| word.contains(',')) {
            words.push(self.address("-d", "--dst-range"));
        }
        if !interface {
            words.extend(self.interfaces());
        }
        if !protocol {
            words.extend(self.payload());
        }
        if self.dice.chance(if self.table == "raw" { 20 } else { 35 }) {
            words.push(self.connection());
        }
        if self.dice.chance(10) {
            words.push(self.tracked());
        }
        if self.dice.chance(15) {
            let mark = self.dice.pick(&["0x0", "0x1", "0x2", "0x3", "0x1/0x1", "0x0/0x2", "0x2/0x2"]);
            let not = self.not();
            words.push(format!("-m mark {not}--mark {mark}"));
        }
        if self.dice.chance(6) {
            words.push(self.set());
        }
        if self.dice.chance(5) {
            words.push("-m comment --comment \"a -j DROP of words\"".to_owned());
        }
        if self.dice.chance(4) && ["INPUT", "FORWARD"].contains(&self.chain) {
            let not = self.not();
            words.push(format!("-m addrtype {not}--dst-type LOCAL"));
        }
        words.push(target);
        words.join(" ")
    }

    fn not(&mut self) -> &'static str {
        if self.dice.chance(25) { "! " } else { "" }
    }

    fn address(&mut self, plain: &str, ranged: &str) -> String {
        let (family, not) = (self.family, self.not());
        match self.dice.below(10) {
            0..3 => format!("{not}{plain} {}", single(family, self.dice)),
            3..7 => format!("{not}{plain} {}", prefix(family, self.dice)),
            // Several of one option are several rules; only one option of a rule may have several.
            7 if plain == "-s" => {
                format!("{plain} {},{}", single(family, self.dice), prefix(family, self.dice))
            }
            _ => format!("-m iprange {not}{ranged} {}", range(family, self.dice)),
        }
    }

    /// A condition on a set of ipset.
    fn set(&mut self) -> String {
        let (not, end) = (self.not(), self.dice.pick(&["src", "dst"]));
        let family = if self.family == Family::Ipv4 { 4 } else { 6 };
        match self.dice.below(5) {
            0..2 => format!("-m set {not}--match-set nets{family} {end}"),
            2..4 => format!("-m set {not}--match-set ends{family} {end},{end}"),
            _ => format!("-m set {not}--match-set ports {end}"),
        }
    }

    fn interfaces(&mut self) -> Option<String> {
        let option = match self.chain {
            "PREROUTING" | "INPUT" => "-i",
            "OUTPUT" | "POSTROUTING" => "-o",
            _ => self.dice.pick(&["-i", "-o"]),
        };
        let name = self.dice.pick(&["lan0", "lan1", "wan0", "lan+", "+", "l+", "lan"]);
        self.dice.chance(25).then(|| format!("{}{option} {name}", self.not()))
    }

    fn payload(&mut self) -> Option<String> {
        let icmp = match self.family {
            Family::Ipv4 => "icmp",
            Family::Ipv6 => "ipv6-icmp",
        };
        match self.dice.below(100) {
            0..30 => {
                let ports = self.ports("tcp");
                Some(format!("-p tcp{ports}"))
            }
            30..45 => {
                let ports = self.ports("udp");
                Some(format!("-p udp{ports}"))
            }
            45..55 => {
                let flags = self.flags();
                Some(format!("-p tcp -m tcp {flags}"))
            }
            55..65 => {
                let not = self.not();
                let kind = match self.family {
                    Family::Ipv4 => self.dice.pick(&["echo-request", "0", "3", "3/1", "time-exceeded"]),
                    Family::Ipv6 => {
                        self.dice.pick(&["echo-request", "129", "1", "1/3", "neighbour-solicitation"])
                    }
                };
                let option =
                    if self.family == Family::Ipv4 { "icmp --icmp-type" } else { "icmp6 --icmpv6-type" };
                Some(format!("-p {icmp} -m {option} {kind}").replace("--", &format!("{not}--")))
            }
            65..75 => Some(format!("{}-p {}", self.not(), self.dice.pick(&["tcp", "udp", icmp, "254"]))),
            _ => None,
        }
    }

    /// Conditions on ports, if any.
    fn ports(&mut self, protocol: &str) -> String {
        let not = self.not();
        let (first, last) = port_range(self.dice);
        // iptables-nft 1.8.9 forgets that a range is negated which holds every port.
        let most = last.min(60021);
        let one = self.dice.pick(&PORTS);
        match self.dice.below(10) {
            0..4 => {
                let end = self.dice.pick(&["--dport", "--sport"]);
                let ports = match self.dice.below(4) {
                    0 => format!("{one}"),
                    1 => format!("{first}:"),
                    2 => format!(":{most}"),
                    _ => format!("{first}:{last}"),
                };
                format!(" -m {protocol} {not}{end} {ports}")
            }
            4..8 => {
                let end = self.dice.pick(&["--dports", "--sports", "--ports"]);
                format!(" -m multiport {not}{end} {one},{first}:{last}")
            }
            8 => format!(" -m {protocol} --sport {first}: {not}--dport :{most}"),
            _ => String::new(),
        }
    }

    fn flags(&mut self) -> String {
        let not = self.not();
        if self.dice.chance(33) {
            return format!("{not}--syn");
        }
        let mask = self.dice.pick(&["SYN,ACK", "FIN,SYN,RST,ACK", "ALL", "ACK", "PSH,URG,ACK"]);
        let set = self.dice.pick(&["SYN", "ACK", "NONE", "SYN,ACK", "PSH,ACK"]);
        format!("{not}--tcp-flags {mask} {set}")
    }

    /// Conditions on the connection.
    fn connection(&mut self) -> String {
        let not = self.not();
        let names = ["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"];
        let states = self.dice.some(&names, 3).join(",");
        match self.dice.below(10) {
            0..6 => format!("-m conntrack {not}--ctstate {states}"),
            6..8 => format!("-m state {not}--state {states}"),
            8 if self.dice.chance(50) => format!("-m helper {not}--helper ftp"),
            8 => format!("-m conntrack --ctdir {}", self.dice.pick(&["ORIGINAL", "REPLY"])),
            _ => format!("-m connmark {not}--mark {}", self.dice.pick(&["0x0", "0x1", "0x1/0x1"])),
        }
    }

    /// Conditions that only a connection can answer, negated or not.
    fn tracked(&mut self) -> String {
        let (not, family) = (self.not(), self.family);
        let (first, last) = port_range(self.dice);
        let asked = match self.dice.below(9) {
            0..2 => {
                let names = ["NONE", "EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED"];
                format!("{not}--ctstatus {}", self.dice.some(&names, 2).join(","))
            }
            2..4 => {
                let names = ["DNAT", "SNAT", "NEW", "INVALID"];
                format!("{not}--ctstate {}", self.dice.some(&names, 3).join(","))
            }
            4 => format!("{not}--ctorigsrc {}", prefix(family, self.dice)),
            5 => format!("{not}--ctorigdst {}", single(family, self.dice)),
            6 => format!("{not}--ctorigdst {}", prefix(family, self.dice)),
            7 => format!("--ctproto tcp {not}--ctorigdstport {first}:{last}"),
            _ => format!(
                "--ctstate {} {not}--ctorigsrc {}",
                self.dice.pick(&["NEW,INVALID", "NEW", "DNAT"]),
                prefix(family, self.dice)
            ),
        };
        format!("-m conntrack {asked}")
    }

    /// What is done, and what has to hold for that to be allowed.
    fn target(&mut self) -> (String, Option<String>) {
        let mark = self.dice.pick(&["--set-mark 1", "--set-xmark 0x2/0x2", "--or-mark 1", "--and-mark 2"]);
        let general = ["ACCEPT", "ACCEPT", "DROP", "RETURN"];
        let plain = match self.dice.below(100) {
            0..30 if !self.below.is_empty() && self.may_jump() => {
                let to = self.dice.pick(self.below);
                let how = self.dice.pick(&["-j", "-j", "-g"]);
                format!("{how} {to}")
            }
            0..70 if self.table == "nat" => return self.translation(),
            30..45 if self.table == "raw" => self.dice.pick(&["-j NOTRACK", "-j CT --notrack"]).to_owned(),
            45..55 if self.table == "raw" => {
                return ("-j CT --helper ftp".to_owned(), Some("-p tcp".to_owned()));
            }
            // A template that changes nothing about the connection.
            55..60 if self.table == "raw" => "-j CT --ctevents new".to_owned(),
            30..60 if self.table == "mangle" => format!("-j MARK {mark}"),
            60..70 if self.table == "mangle" => "-j CONNMARK --set-mark 1".to_owned(),
            30..45 if self.table == "filter" => "-j REJECT".to_owned(),
            45..50 if self.table == "filter" => format!("-j MARK {mark}"),
            50..53 => String::new(),
            // The kernel wants nothing dropped where it translates.
            _ if self.table == "nat" => format!("-j {}", self.dice.pick(&["ACCEPT", "RETURN"])),
            _ => format!("-j {}", self.dice.pick(&general)),
        };
        (plain, None)
    }

    /// A chain that translates destinations may be entered only where that is done.
    fn may_jump(&self) -> bool {
        self.table != "nat" || !["INPUT", "OUTPUT", "POSTROUTING"].contains(&self.chain)
    }

    fn translation(&mut self) -> (String, Option<String>) {
        let network = self.dice.below(INTERFACES.len());
        let to = address(self.family, network, TRANSLATED);
        let last = address(self.family, network, TRANSLATED_LAST);
        let port = self.dice.pick(&TRANSLATED_PORTS);
        let with_port = match self.family {
            Family::Ipv4 => format!("{to}:{port}"),
            Family::Ipv6 => format!("[{to}]:{port}"),
        };
        let interface = INTERFACES[network];
        match self.chain {
            "INPUT" => ("-j ACCEPT".to_owned(), None),
            "POSTROUTING" if self.dice.chance(20) => (format!("-j SNAT --to-source {to}-{last}"), None),
            "PREROUTING" | "nat1" | "nat2" if self.dice.chance(40) => {
                let protocol = self.dice.pick(&["tcp", "udp"]);
                let needs = Some(format!("-p {protocol}"));
                match self.dice.below(6) {
                    0 if self.chain == "PREROUTING" => {
                        (format!("-j NETMAP --to {}", moved(self.family, network)), None)
                    }
                    0 | 1 => (format!("-j DNAT --to-destination {to}-{last}"), None),
                    2 => (
                        format!(
                            "-j DNAT --to-destination {}",
                            with_port.replace(&port.to_string(), "2121-2125")
                        ),
                        needs,
                    ),
                    3 => (format!("-j DNAT --to-destination :{port}"), needs),
                    4 => (format!("-j REDIRECT --to-ports {port}"), needs),
                    _ => ("-j REDIRECT".to_owned(), needs),
                }
            }
            "POSTROUTING" if self.dice.chance(30) => ("-j MASQUERADE".to_owned(), None),
            "POSTROUTING" => (format!("-j SNAT --to-source {to}"), None),
            // The packet leaves by the interface that it would have left by: which one it leaves by otherwise, only the
            // box's routes know.
            "OUTPUT" => (format!("-j DNAT --to-destination {to}"), Some(format!("-o {interface}"))),
            _ if self.dice.chance(50) => (format!("-j DNAT --to-destination {to}"), None),
            _ => {
                let protocol = self.dice.pick(&["tcp", "udp"]);
                (format!("-j DNAT --to-destination {with_port}"), Some(format!("-p {protocol}")))
            }
        }
    }
}
