//! What a rule looks at: header fields, metadata, the connection.

use super::super::lex::Kind;
use super::super::problem::Expected;
use super::Cursor;
use super::cursor::Parsed;

/// Headers, whose name is followed by that of a field.
const HEADERS: [&str; 24] = [
    "ip", "ip6", "tcp", "udp", "udplite", "sctp", "dccp", "th", "icmp", "icmpv6", "igmp", "ether", "vlan",
    "arp", "ah", "esp", "comp", "frag", "hbh", "mh", "dst", "rt0", "rt2", "srh",
];

/// Metadata that can be named without `meta` in front.
const UNQUALIFIED: [&str; 23] = [
    "mark",
    "iif",
    "iifname",
    "iiftype",
    "oif",
    "oifname",
    "oiftype",
    "skuid",
    "skgid",
    "nftrace",
    "rtclassid",
    "ibriport",
    "obriport",
    "ibrname",
    "obrname",
    "pkttype",
    "cpu",
    "iifgroup",
    "oifgroup",
    "cgroup",
    "time",
    "day",
    "hour",
];

/// Metadata that nft prints without it.
const PLAIN: [&str; 4] = ["iif", "iifname", "oif", "oifname"];

impl Cursor<'_> {
    /// What is looked at, in nft's words, if the next token begins such a thing.
    pub(super) fn field(&mut self) -> Option<Parsed<String>> {
        if self.at_raw_payload() {
            return Some(self.raw_payload());
        }
        if self.kind() != Kind::Word {
            return None;
        }
        let word = self.text();
        let named = self.second() == Kind::Word;
        Some(match word {
            "meta" if named => {
                self.next();
                Ok(metadata(self.next()))
            }
            _ if UNQUALIFIED.contains(&word) => {
                self.next();
                Ok(metadata(word))
            }
            "ct" if named => self.connection(),
            "fib" if named => self.fib(),
            "rt" if named => self.routing(),
            "socket" if named => self.socket(),
            "osf" if named => self.fingerprint(),
            "numgen" if named => self.words_and_options(2),
            "symhash" if named => self.words_and_options(1),
            "jhash" => self.hash(),
            "ipsec" if named => self.ipsec(),
            "exthdr" if named => self.several(2),
            _ if HEADERS.contains(&word) && named => Ok(self.header(word)),
            _ => return None,
        })
    }

    /// Whether the next tokens name bits by their place: `@th,16,16`.
    pub(super) fn at_raw_payload(&self) -> bool {
        self.kind() == Kind::Reference
            && matches!(self.text(), "@ll" | "@nh" | "@th" | "@ih")
            && self.second() == Kind::Symbol(b',')
    }

    fn raw_payload(&mut self) -> Parsed<String> {
        let base = self.next();
        self.symbol(",")?;
        let offset = self.number()?;
        self.symbol(",")?;
        let length = self.number()?;
        Ok(raw_payload(base.trim_start_matches('@'), offset, length))
    }

    fn header(&mut self, header: &str) -> String {
        self.next();
        let field = self.next();
        let mut text = format!("{header} {field}");
        // One of the addresses of a routing header.
        if header == "rt0" && self.kind() == Kind::Symbol(b'[') {
            self.next();
            text = format!("{text}[{}]", self.next());
            self.accept_symbol(b']');
        }
        // Options have a name and mostly a field of their own.
        let named = match field {
            "option" => 2,
            "chunk" if header == "sctp" => 2,
            _ => 0,
        };
        for _ in 0..named {
            if self.kind() != Kind::Word || matches!(self.text(), "exists" | "missing") {
                break;
            }
            text.push(' ');
            text.push_str(self.next());
        }
        text
    }

    fn connection(&mut self) -> Parsed<String> {
        self.next();
        let mut text = "ct".to_owned();
        let mut push = |word: &str| {
            text.push(' ');
            text.push_str(word);
        };
        if self.is("original") || self.is("reply") {
            push(self.next());
        }
        let family = matches!(self.text(), "ip" | "ip6");
        push(self.word(Expected::Name)?);
        if family {
            push(self.word(Expected::Name)?);
        }
        Ok(text)
    }

    fn fib(&mut self) -> Parsed<String> {
        self.next();
        let mut text = format!("fib {}", self.next());
        while self.accept_symbol(b'.') {
            text.push_str(" . ");
            text.push_str(self.word(Expected::Name)?);
        }
        text.push(' ');
        text.push_str(self.word(Expected::Name)?);
        Ok(text)
    }

    fn routing(&mut self) -> Parsed<String> {
        self.next();
        let first = self.next();
        Ok(if matches!(first, "ip" | "ip6") {
            format!("rt {first} {}", self.word(Expected::Name)?)
        } else {
            format!("rt {first}")
        })
    }

    fn socket(&mut self) -> Parsed<String> {
        self.next();
        let key = self.next();
        Ok(if self.accept("level") {
            format!("socket {key} level {}", self.number()?)
        } else {
            format!("socket {key}")
        })
    }

    fn fingerprint(&mut self) -> Parsed<String> {
        self.next();
        let ttl =
            if self.accept("ttl") { format!("ttl {} ", self.word(Expected::Name)?) } else { String::new() };
        Ok(format!("osf {ttl}{}", self.word(Expected::Name)?))
    }

    /// As many words, then `mod`, `seed` and `offset`, each with a number. An offset of nothing is not said.
    fn words_and_options(&mut self, words: usize) -> Parsed<String> {
        let mut text = self.several(words)?;
        loop {
            let option = self.text();
            if !(matches!(option, "mod" | "seed" | "offset") && self.kind() == Kind::Word) {
                return Ok(text);
            }
            self.next();
            let number = self.number()?;
            if !(option == "offset" && number == 0) {
                text = format!("{text} {option} {number}");
            }
        }
    }

    fn hash(&mut self) -> Parsed<String> {
        self.next();
        let hashed = self.nested(Self::computed)?;
        let options = self.words_and_options(0)?;
        Ok(format!("jhash {hashed}{options}"))
    }

    fn ipsec(&mut self) -> Parsed<String> {
        let mut text = self.several(2)?;
        if self.accept("spnum") {
            let number = self.number()?;
            text = format!("{text} spnum {number}");
        }
        if self.is("ip") || self.is("ip6") {
            text = format!("{text} {}", self.next());
        }
        Ok(format!("{text} {}", self.word(Expected::Name)?))
    }

    /// As many words.
    fn several(&mut self, words: usize) -> Parsed<String> {
        let mut text = Vec::new();
        for _ in 0..words {
            text.push(self.word(Expected::Name)?);
        }
        Ok(text.join(" "))
    }
}

/// The name of metadata, as nft prints it.
pub(in super::super) fn metadata(key: &str) -> String {
    if PLAIN.contains(&key) { key.to_owned() } else { format!("meta {key}") }
}

/// Bits by their place; what nft itself prints by name has that name.
pub(in super::super) fn raw_payload(base: &str, offset: u64, length: u64) -> String {
    match (base, offset, length) {
        ("th", 0, 16) => "th sport".to_owned(),
        ("th", 16, 16) => "th dport".to_owned(),
        _ => format!("@{base},{offset},{length}"),
    }
}
