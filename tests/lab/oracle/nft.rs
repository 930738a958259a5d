//! Random rule sets for nft.

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

/// The kinds of table that there may be, the first always.
const FAMILIES: [&str; 3] = ["inet", "ip", "ip6"];

/// A kind of base chain: its type, hook and priority, how often there is one, and how often its policy is to drop.
type Kind = (&'static str, &'static str, &'static str, usize, usize);

const BASES: [Kind; 14] = [
    ("filter", "prerouting", "raw", 35, 5),
    ("filter", "output", "-300", 35, 5),
    ("filter", "prerouting", "mangle", 30, 5),
    ("nat", "prerouting", "dstnat", 30, 0),
    ("nat", "output", "-100", 20, 0),
    ("filter", "input", "filter", 75, 50),
    ("filter", "input", "filter - 10", 20, 10),
    ("filter", "forward", "0", 75, 50),
    ("filter", "forward", "security", 20, 10),
    ("filter", "output", "filter", 75, 50),
    ("filter", "output", "-150", 20, 10),
    ("filter", "prerouting", "filter", 10, 10),
    ("filter", "postrouting", "mangle", 15, 5),
    ("nat", "postrouting", "srcnat", 15, 0),
];

/// The chains of each table that only rules enter.
const USERS: [&str; 3] = ["user1", "user2", "user3"];

const FLAGS: [&str; 10] = [
    "syn",
    "!= syn",
    "& (syn | ack) == syn",
    "& (fin | syn | rst | ack) == syn",
    "& (syn | ack) != syn",
    "& ack == ack",
    "& (syn | fin) == 0x0",
    "syn / syn,ack",
    "syn,ack",
    "{ syn, ack, psh | ack }",
];

const ICMP_TYPES: [&str; 5] =
    ["echo-request", "echo-reply", "{ echo-request, destination-unreachable }", "3", "time-exceeded"];

const ICMPV6_TYPES: [&str; 5] = [
    "echo-request",
    "echo-reply",
    "{ nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert }",
    "destination-unreachable",
    "129",
];

const PROTOCOLS: [&str; 7] =
    ["tcp", "udp", "icmp", "ipv6-icmp", "254", "{ tcp, udp }", "{ icmp, ipv6-icmp }"];

/// A rule set of one to three tables.
pub(crate) fn draft(dice: &mut Dice) -> Draft {
    let mut tables = Vec::new();
    for (index, family) in FAMILIES.into_iter().enumerate() {
        if index == 0 || dice.chance(35) {
            tables.push(table(index, family, dice));
        }
    }
    Draft { backend: Backend::Nft, tables, written: None }
}

fn table(index: usize, family: &'static str, dice: &mut Dice) -> Table {
    let mut chains = Vec::new();
    for (kind, hook, priority, often, drops) in BASES {
        // A second table adds to the first; two full ones would let nothing through.
        if !dice.chance(if index == 0 { often } else { often / 3 }) {
            continue;
        }
        let policy = if dice.chance(if index == 0 { drops } else { drops / 4 }) { "drop" } else { "accept" };
        let rules = dice.below(MOST_RULES + 1);
        let mut writer = Writer { dice, family, kind, hook, below: &USERS };
        let rules = (0..rules).map(|_| writer.rule()).collect();
        let base = format!("type {kind} hook {hook} priority {priority}; policy {policy};");
        chains.push(Chain { name: format!("{kind}_{hook}_{}", chains.len()), base: Some(base), rules });
    }
    for (position, user) in USERS.into_iter().enumerate() {
        let rules = dice.below(MOST_RULES);
        let mut writer = Writer { dice, family, kind: "", hook: "", below: &USERS[position + 1..] };
        let rules = (0..rules).map(|_| writer.rule()).collect();
        chains.push(Chain { name: user.to_owned(), base: None, rules });
    }
    let objects = objects(dice);
    Table { file: None, name: format!("{family} t{index}"), objects, chains }
}

/// Sets that the rules of every table can name.
fn objects(dice: &mut Dice) -> Vec<String> {
    let mut objects = Vec::new();
    for (name, kind, family) in [("four", "ipv4_addr", Family::Ipv4), ("six", "ipv6_addr", Family::Ipv6)] {
        let elements = [prefix(family, dice), range(family, dice), single(family, dice)].join(", ");
        objects.push(format!(
            "set {name} {{ type {kind}; flags interval; auto-merge; elements = {{ {elements} }} }}"
        ));
    }
    let (first, last) = port_range(dice);
    let ports = dice.some(&PORTS, 4).iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    objects.push(format!(
        "set ports {{ type inet_service; flags interval; auto-merge; elements = {{ {first}-{last}, {ports} }} }}"
    ));
    objects.push(format!("set exact {{ type inet_service; elements = {{ {ports} }} }}"));
    let verdicts = dice
        .some(&PORTS, 3)
        .into_iter()
        .map(|port| format!("{port} : {}", dice.pick(&["accept", "drop", "return"])));
    let verdicts = verdicts.collect::<Vec<_>>().join(", ");
    objects.push(format!("map verdicts {{ type inet_service : verdict; elements = {{ {verdicts} }} }}"));
    objects
}

/// Writes rules of one chain.
struct Writer<'a> {
    dice: &'a mut Dice,
    /// That of the table.
    family: &'static str,
    /// The type and the hook of a base chain; empty for others.
    kind: &'static str,
    hook: &'static str,
    /// The chains that it may jump to.
    below: &'a [&'static str],
}

impl Writer<'_> {
    fn rule(&mut self) -> String {
        if self.kind == "nat" && self.dice.chance(60) {
            return self.translation();
        }
        let mut words = Vec::new();
        // nft refuses a rule that speaks of two families or of two protocols.
        let family = match self.family {
            "ip" => Family::Ipv4,
            "ip6" => Family::Ipv6,
            _ => self.dice.pick(&Family::ALL),
        };
        let transport = self.dice.pick(&["tcp", "tcp", "tcp", "udp", "udp", "icmp", "icmp", "any"]);
        for _ in 0..self.dice.below(3) {
            words.push(self.address(family));
        }
        if self.dice.chance(20) {
            words.push(self.interface());
        }
        if self.dice.chance(60) {
            words.push(self.payload(family, transport));
        }
        if self.dice.chance(30) {
            words.push(self.connection());
        }
        if self.dice.chance(10) {
            words.push(self.tracked(family, transport));
        }
        if self.dice.chance(15) {
            words.push(self.mark());
        }
        if self.dice.chance(20) {
            words.push(self.statement());
            if transport != "any" && self.dice.chance(30) {
                words.push(self.payload(family, transport));
            }
        }
        if self.dice.chance(10) && self.family == "inet" {
            words.insert(0, format!("meta nfproto {}", family.id()));
        }
        let verdict = self.verdict(family, transport);
        // What the reader says that it does not model: a rule that changes what it asked about, and then leaves the
        // chain.
        let leaves = |verdict: &String| ["vmap", "return", "goto"].iter().any(|word| verdict.contains(word));
        if verdict.as_ref().is_some_and(leaves) {
            words.retain(|word| !word.contains("mark set") && word != "notrack");
        }
        words.extend(verdict);
        if words.is_empty() {
            words.push("counter".to_owned());
        }
        words.join(" ")
    }

    fn not(&mut self) -> &'static str {
        if self.dice.chance(25) { "!= " } else { "" }
    }

    fn address(&mut self, family: Family) -> String {
        let (word, set) = match family {
            Family::Ipv4 => ("ip", "four"),
            Family::Ipv6 => ("ip6", "six"),
        };
        let end = self.dice.pick(&["saddr", "daddr"]);
        let not = self.not();
        let of = match self.dice.below(10) {
            0..2 => single(family, self.dice),
            2..5 => prefix(family, self.dice),
            5..7 => range(family, self.dice),
            7 => format!("@{set}"),
            8 => format!("{{ {}, {} }}", single(family, self.dice), address(family, 2, 128)),
            _ => format!("{{ {}, {} }}", prefix(family, self.dice), address(family, 7, 7)),
        };
        format!("{word} {end} {not}{of}")
    }

    fn interface(&mut self) -> String {
        let word = self.dice.pick(&["iifname", "oifname"]);
        let of = self.dice.pick(&[
            "\"lan0\"",
            "\"lan1\"",
            "\"wan0\"",
            "\"lan*\"",
            "{ \"lan0\", \"wan0\" }",
            "\"l*\"",
        ]);
        format!("{word} {}{of}", self.not())
    }

    fn ports(&mut self) -> String {
        let (first, last) = port_range(self.dice);
        let one = self.dice.pick(&PORTS);
        let not = self.not();
        match self.dice.below(10) {
            0..3 => format!("{not}{one}"),
            3..5 => format!("{not}{first}-{last}"),
            5 => format!("{not}{{ {first}-{last} }}"),
            6 => format!("{not}{{ {first}, {last} }}"),
            7 => format!("{not}@ports"),
            8 => format!("{not}@exact"),
            _ => format!("{} {one}", self.dice.pick(&["<", "<=", ">", ">="])),
        }
    }

    fn payload(&mut self, family: Family, transport: &str) -> String {
        let end = self.dice.pick(&["dport", "dport", "sport"]);
        let not = self.not();
        match (transport, self.dice.below(100)) {
            ("tcp" | "udp", 0..15) => {
                let word = if family == Family::Ipv4 { "ip" } else { "ip6" };
                let pair = |dice: &mut Dice| format!("{} . {}", single(family, dice), dice.pick(&PORTS));
                let pairs = [pair(self.dice), pair(self.dice), pair(self.dice)].join(", ");
                format!("{word} saddr . {transport} {end} {not}{{ {pairs} }}")
            }
            ("tcp", 15..45) => format!("tcp flags {}", self.dice.pick(&FLAGS)),
            ("icmp", _) => match family {
                Family::Ipv4 => format!("icmp type {not}{}", self.dice.pick(&ICMP_TYPES)),
                Family::Ipv6 => format!("icmpv6 type {not}{}", self.dice.pick(&ICMPV6_TYPES)),
            },
            ("any", 0..30) => format!("meta l4proto {{ tcp, udp }} th {end} {}", self.ports()),
            ("any", _) => format!("meta l4proto {not}{}", self.dice.pick(&PROTOCOLS)),
            _ => format!("{transport} {end} {}", self.ports()),
        }
    }

    /// Conditions on the connection.
    fn connection(&mut self) -> String {
        let not = self.not();
        let names = ["invalid", "established", "related", "new", "untracked"];
        let states = self.dice.some(&names, 3);
        match self.dice.below(11) {
            0..4 => format!("ct state {}", states.join(",")),
            4..6 => format!("ct state {{ {} }}", states.join(", ")),
            6 => format!("ct state != {}", states[0]),
            7 => format!("ct state != {{ {} }}", states.join(", ")),
            9 => format!("ct helper {not}\"ftp\""),
            8 => format!("ct direction {not}{}", self.dice.pick(&["original", "reply"])),
            _ => format!("ct mark {not}{}", self.dice.pick(&["0x0", "0x1"])),
        }
    }

    /// Conditions that only a connection can answer, negated or not.
    fn tracked(&mut self, family: Family, transport: &str) -> String {
        let not = self.not();
        let word = if family == Family::Ipv4 { "ip" } else { "ip6" };
        let (first, last) = port_range(self.dice);
        match self.dice.below(9) {
            0..2 => {
                let statuses =
                    ["expected", "seen-reply", "assured", "confirmed", "snat", "dnat", "dnat,snat"];
                let status = self.dice.pick(&statuses);
                match self.dice.below(3) {
                    0 => format!("ct status ! {status}"),
                    _ => format!("ct status {status}"),
                }
            }
            2 => "ct status dnat".to_owned(),
            3 => format!("ct mark {not}{{ 0x1, 0x3 }}"),
            4 => format!("ct mark . meta mark {not}{{ 0x1 . 0x0, 0x0 . 0x1, 0x0 . 0x0 }}"),
            5 if transport == "tcp" => {
                format!("ct direction . tcp dport {not}{{ original . {first}, reply . {last} }}")
            }
            5 | 6 => format!("ct original {word} saddr {not}{}", prefix(family, self.dice)),
            7 => format!("ct original {word} daddr {not}{}", prefix(family, self.dice)),
            _ if transport == "tcp" => {
                format!("meta l4proto tcp ct original proto-dst {not}{first}-{last}")
            }
            _ => format!("ct original {word} daddr {not}{}", single(family, self.dice)),
        }
    }

    fn mark(&mut self) -> String {
        let marks = ["0x0", "0x1", "!= 0x1", "0x2", "& 0x1 == 0x1", "& 0x2 != 0x2", "{ 0x1, 0x3 }"];
        format!("meta mark {}", self.dice.pick(&marks))
    }

    /// What lets the rule go on.
    fn statement(&mut self) -> String {
        let statements = [
            "counter",
            "meta mark set 0x1",
            "meta mark set 0x2",
            "meta mark set meta mark or 0x1",
            "meta mark set meta mark and 0x2",
            "ct mark set 0x1",
        ];
        // Past the hooks where connection tracking begins, this does something else; see `nft_notrack_eval`.
        if ["prerouting", "output"].contains(&self.hook) && self.dice.chance(50) {
            return "notrack".to_owned();
        }
        self.dice.pick(&statements).to_owned()
    }

    fn verdict(&mut self, family: Family, transport: &str) -> Option<String> {
        let rejects = ["input", "forward", "output"].contains(&self.hook) && self.kind == "filter";
        let word = if family == Family::Ipv4 { "ip" } else { "ip6" };
        let plain = ["accept", "accept", "drop", "return"];
        let ports = ["tcp", "udp"].contains(&transport);
        Some(match self.dice.below(100) {
            0..25 if !self.below.is_empty() => {
                format!("{} {}", self.dice.pick(&["jump", "jump", "goto"]), self.dice.pick(self.below))
            }
            25..40 => {
                let end = self.dice.pick(&["dport", "sport"]);
                let (first, last) = port_range(self.dice);
                let below =
                    self.below.first().map_or(String::from("continue"), |chain| format!("jump {chain}"));
                let [one, other] = [0; 2].map(|_| self.dice.pick(&plain));
                let network = prefix(family, self.dice);
                match self.dice.below(6) {
                    0 if ports => {
                        format!("{transport} {end} vmap {{ {first}-{last} : {below} }}")
                    }
                    1 if ports => {
                        format!("{transport} {end} vmap {{ {first} : {one}, {last} : {below} }}")
                    }
                    2 => format!(
                        "ct state vmap {{ established : {one}, related : accept, invalid : {other} }}"
                    ),
                    3 => format!("{word} {}addr vmap {{ {network} : {other} }}", &end[..1]),
                    4 if transport == "tcp" => format!("tcp {end} vmap @verdicts"),
                    _ => format!("iifname vmap {{ \"lan0\" : {one}, \"wan0\" : {below} }}"),
                }
            }
            40..50 if rejects => String::from("reject"),
            50..60 => return None,
            _ => self.dice.pick(&plain).to_owned(),
        })
    }

    /// A rule that translates.
    fn translation(&mut self) -> String {
        let family = match self.family {
            "ip" => Family::Ipv4,
            "ip6" => Family::Ipv6,
            _ => self.dice.pick(&Family::ALL),
        };
        let network = self.dice.below(INTERFACES.len());
        let to = address(family, network, TRANSLATED);
        let word = match (self.family, family) {
            ("inet", Family::Ipv4) => " ip",
            ("inet", Family::Ipv6) => " ip6",
            _ => "",
        };
        let port = self.dice.pick(&TRANSLATED_PORTS);
        let with_port = match family {
            Family::Ipv4 => format!("{to}:{port}"),
            Family::Ipv6 => format!("[{to}]:{port}"),
        };
        let last = address(family, network, TRANSLATED_LAST);
        let moved = moved(family, network);
        match self.hook {
            "prerouting" if self.dice.chance(40) => {
                let to = match self.dice.below(7) {
                    0 => format!("dnat{word} prefix to {moved}"),
                    1 => format!("dnat{word} to {to}-{last}"),
                    2 => format!("dnat{word} to {}", with_port.replace(&port.to_string(), "2121-2125")),
                    3 => format!("dnat to :{port}"),
                    4 => format!("redirect to :{port}"),
                    5 => "redirect to :2121-2125".to_owned(),
                    _ => "redirect".to_owned(),
                };
                let ports = self.ports();
                format!("{} tcp dport {ports} {to}", self.address(family))
            }
            "postrouting" if self.dice.chance(20) => {
                format!("{} snat{word} to {to}-{last}", self.address(family))
            }
            "postrouting" if self.dice.chance(30) => format!("{} masquerade", self.address(family)),
            "postrouting" => format!("{} snat{word} to {to}", self.address(family)),
            // Which interface a packet leaves by after that, only the box's routes know: let it be the same.
            "output" => {
                format!("oifname \"{}\" {} dnat{word} to {to}", INTERFACES[network], self.address(family))
            }
            _ if self.dice.chance(50) => format!("{} dnat{word} to {to}", self.address(family)),
            _ => {
                let ports = self.ports();
                format!("{} tcp dport {ports} dnat{word} to {with_port}", self.address(family))
            }
        }
    }
}
