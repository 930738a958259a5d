//! Which format a text is in.

use crate::packet::Family;

/// A format that rule sets come in, and what stands beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// `iptables-save`, `iptables -S`, or a script of `iptables` commands.
    Iptables,
    /// The same for IPv6.
    Ip6tables,
    /// `ipset save`.
    Ipset,
    /// What `nft -f` reads and `nft list ruleset` prints.
    Nft,
    /// `nft -j list ruleset`.
    NftJson,
    /// OpenBSD's `pf.conf`.
    PfOpenbsd,
    /// FreeBSD's and macOS's `pf.conf`.
    PfFreebsd,
    /// `sysctl.conf`, and what `sysctl -a` prints.
    Sysctl,
    /// Files of `modprobe.d`, lists of modules, and what `lsmod` prints.
    Modprobe,
    /// Files, commands and listings of firewalld.
    Firewalld,
    /// Commands and listings of ufw.
    Ufw,
}

impl Format {
    /// Every format, in the order of the documentation.
    pub const ALL: [Self; 11] = [
        Self::Iptables,
        Self::Ip6tables,
        Self::Ipset,
        Self::Nft,
        Self::NftJson,
        Self::PfOpenbsd,
        Self::PfFreebsd,
        Self::Sysctl,
        Self::Modprobe,
        Self::Firewalld,
        Self::Ufw,
    ];

    /// The name that `--from` takes.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Iptables => "iptables",
            Self::Ip6tables => "ip6tables",
            Self::Ipset => "ipset",
            Self::Nft => "nft",
            Self::NftJson => "nft-json",
            Self::PfOpenbsd => "pf-openbsd",
            Self::PfFreebsd => "pf-freebsd",
            Self::Sysctl => "sysctl",
            Self::Modprobe => "modprobe",
            Self::Firewalld => "firewalld",
            Self::Ufw => "ufw",
        }
    }

    /// Whether it is that of a program that writes rules itself, of which the texts say too little to evaluate.
    #[must_use]
    pub fn is_of_frontend(self) -> bool {
        matches!(self, Self::Firewalld | Self::Ufw)
    }

    /// The format of `text`, by what it says and then by the name of its file; `None` where neither tells.
    ///
    /// Of a large file only the lines at the beginning are looked at, unless none of them tells an address family.
    #[must_use]
    pub fn recognize(name: &str, text: &str) -> Option<Self> {
        if text.trim_start().starts_with('{') && text.contains("\"nftables\"") {
            return Some(Self::NftJson);
        }
        let lines = || text.lines().take(LINES).map(str::trim);
        // Where settings of the machine stand among rules, it is the rules that tell.
        let by_content = lines()
            .find_map(of_line)
            .or_else(|| super::frontend::recognize(text))
            .or_else(|| lines().find_map(beside_rules));
        by_content.map(|format| format.of_family(name, text)).or_else(|| of_name(name))
    }

    /// Texts for iptables say by their addresses or their name which family they are for.
    fn of_family(self, name: &str, text: &str) -> Self {
        if self != Self::Iptables {
            return self;
        }
        match super::iptables::family_of(text) {
            Some(Family::Ipv6) => Self::Ip6tables,
            None if of_name(name) == Some(Self::Ip6tables) => Self::Ip6tables,
            Some(Family::Ipv4) | None => Self::Iptables,
        }
    }
}

/// How many lines are looked at.
const LINES: usize = 400;

fn of_line(line: &str) -> Option<Format> {
    let line = line.strip_prefix("sudo ").unwrap_or(line);
    let mut words = line.split_whitespace();
    let first = words.next()?;
    let second = words.next().unwrap_or_default();
    let command = first.rsplit('/').next().unwrap_or(first);
    if let Some((_, value)) = line.split_once('=').filter(|(name, _)| is_assigned(name)) {
        // A script may keep the name of the program in a variable.
        let mut words = value.split(|sign: char| !sign.is_ascii_alphanumeric() && !"-_.".contains(sign));
        return words.find_map(|word| match word {
            "iptables" => Some(Format::Iptables),
            "ip6tables" => Some(Format::Ip6tables),
            _ => None,
        });
    }
    match command {
        "#!/usr/sbin/nft" | "#!/sbin/nft" | "flush" | "nft" => Some(Format::Nft),
        "table" if second.starts_with('<') => Some(pf_flavour_unknown()),
        "table" | "add" | "define" if is_nft_word(second) => Some(Format::Nft),
        "create" | "add" if line.contains("hash:") || line.contains("bitmap:") => Some(Format::Ipset),
        "*filter" | "*nat" | "*mangle" | "*raw" | "*security" | "-A" | "-P" | "-N" | "iptables" => {
            Some(Format::Iptables)
        }
        "ip6tables" => Some(Format::Ip6tables),
        "rdr" | "nat" | "binat" | "rdr-anchor" | "nat-anchor" | "scrub-anchor" => Some(Format::PfFreebsd),
        "match" => Some(Format::PfOpenbsd),
        "pass" | "block"
            if line.contains("rdr-to") || line.contains("nat-to") || line.contains("divert-to") =>
        {
            Some(Format::PfOpenbsd)
        }
        "pass" | "block" | "antispoof" => Some(pf_flavour_unknown()),
        _ => None,
    }
}

/// Whether what stands before an equals sign is the name of a variable of a shell, or one that is declared.
fn is_assigned(before: &str) -> bool {
    let mut words = before.split_whitespace().rev();
    let name = words.next().unwrap_or_default();
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let declares = |word: &str| matches!(word, "export" | "readonly" | "local" | "declare" | "typeset");
    is_name && before.ends_with(name) && words.all(|word| word.starts_with('-') || declares(word))
}

/// The format of a line that sets something of the machine.
fn beside_rules(line: &str) -> Option<Format> {
    let mut words = line.split_whitespace();
    match (words.next()?, words.next()) {
        ("options" | "softdep" | "blacklist", Some(_)) | ("Module", Some("Size")) => Some(Format::Modprobe),
        _ => is_sysctl(line).then_some(Format::Sysctl),
    }
}

/// Whether a line sets a sysctl: the name starts with one of the folders of `/proc/sys`.
fn is_sysctl(line: &str) -> bool {
    const FOLDERS: [&str; 9] = ["abi", "crypto", "debug", "dev", "fs", "kernel", "net", "user", "vm"];
    let name = line.split('=').next().unwrap_or_default().trim().trim_start_matches('-');
    line.contains('=')
        && !name.contains(char::is_whitespace)
        && name.split_once(['.', '/']).is_some_and(|(folder, _)| FOLDERS.contains(&folder))
}

/// Filter rules alone mean the same in both kinds of pf.
fn pf_flavour_unknown() -> Format {
    Format::PfOpenbsd
}

fn is_nft_word(word: &str) -> bool {
    matches!(
        word,
        "inet"
            | "ip"
            | "ip6"
            | "table"
            | "chain"
            | "rule"
            | "set"
            | "map"
            | "element"
            | "bridge"
            | "arp"
            | "netdev"
    )
}

fn of_name(name: &str) -> Option<Format> {
    let by_folder = [
        ("sysctl.d/", Format::Sysctl),
        ("modprobe.d/", Format::Modprobe),
        ("modules-load.d/", Format::Modprobe),
    ];
    if let Some((_, format)) = by_folder.into_iter().find(|(folder, _)| name.contains(folder)) {
        return Some(format);
    }
    let name = name.rsplit('/').next().unwrap_or(name);
    let ending =
        |ending: &str| name.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let by_ending = [
        ("rules.v4", Format::Iptables),
        ("rules.v6", Format::Ip6tables),
        ("nft", Format::Nft),
        ("pf.conf", pf_flavour_unknown()),
        ("pf", pf_flavour_unknown()),
        ("modules", Format::Modprobe),
        ("modprobe.conf", Format::Modprobe),
    ];
    let by_word = [
        ("ip6tables", Format::Ip6tables),
        ("iptables", Format::Iptables),
        ("ipset", Format::Ipset),
        ("nftables", Format::Nft),
        ("sysctl", Format::Sysctl),
        ("modprobe", Format::Modprobe),
        ("lsmod", Format::Modprobe),
    ];
    by_ending
        .into_iter()
        .find(|(end, _)| ending(end))
        .or_else(|| by_word.into_iter().find(|(word, _)| name.contains(word)))
        .map(|(_, format)| format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_what_a_text_says() {
        let cases = [
            ("# Generated by iptables-save\n*filter\n:INPUT DROP [0:0]\n", Some(Format::Iptables)),
            ("*filter\n-A INPUT -s 2001:db8::/32 -j ACCEPT\n", Some(Format::Ip6tables)),
            ("#!/bin/sh\nIPT=x\niptables -P INPUT DROP\n", Some(Format::Iptables)),
            ("IPT=\"/sbin/iptables\"\n$IPT -P INPUT DROP\n", Some(Format::Iptables)),
            ("readonly IPT=\"iptables -w\"\n$IPT -P INPUT DROP\n", Some(Format::Iptables)),
            ("declare -r IPT='/usr/sbin/iptables'\n$IPT -P INPUT DROP\n", Some(Format::Iptables)),
            ("IPT6=$(which ip6tables)\n$IPT6 -P INPUT DROP\n", Some(Format::Ip6tables)),
            ("-P INPUT DROP\n-A INPUT -j ACCEPT\n", Some(Format::Iptables)),
            ("#!/usr/sbin/nft -f\n", Some(Format::Nft)),
            ("table inet filter {\n", Some(Format::Nft)),
            ("flush ruleset\n", Some(Format::Nft)),
            ("{\"nftables\": []}", Some(Format::NftJson)),
            ("create bad hash:ip family inet\nadd bad 192.0.2.1\n", Some(Format::Ipset)),
            ("table <bad> persist\nblock all\n", Some(Format::PfOpenbsd)),
            ("ext = \"em0\"\nrdr on em0 proto tcp to port 21 -> 10.0.0.5\n", Some(Format::PfFreebsd)),
            ("pass in on em0 proto tcp to port 21 rdr-to 10.0.0.5\n", Some(Format::PfOpenbsd)),
            ("net.ipv4.ip_forward=1\n", Some(Format::Sysctl)),
            ("abi.vsyscall32 = 1\nnet.ipv4.ip_local_port_range = 32768\t60999\n", Some(Format::Sysctl)),
            ("options nf_conntrack_ftp ports=21,2121\n", Some(Format::Modprobe)),
            ("Module                  Size  Used by\nnf_nat_ftp 16384 0\n", Some(Format::Modprobe)),
            ("options nf_conntrack_ftp ports=2121\niptables -P INPUT DROP\n", Some(Format::Iptables)),
            ("hello\n", None),
        ];
        for (text, format) in cases {
            assert_eq!(Format::recognize("-", text), format, "{text}");
        }
    }

    #[test]
    fn names_tell_where_the_text_does_not() {
        let cases = [
            ("/etc/iptables/rules.v6", Format::Ip6tables),
            ("edge.rules.v4", Format::Iptables),
            ("edge.nft", Format::Nft),
            ("/etc/pf.conf", Format::PfOpenbsd),
            ("ip6tables.save", Format::Ip6tables),
            ("/etc/sysctl.d/99-ftp.conf", Format::Sysctl),
            ("/etc/modules", Format::Modprobe),
            ("/etc/modules-load.d/ftp.conf", Format::Modprobe),
            ("/etc/modprobe.d/ftp.conf", Format::Modprobe),
        ];
        for (name, format) in cases {
            assert_eq!(Format::recognize(name, "# nothing\n"), Some(format), "{name}");
        }
    }
}
