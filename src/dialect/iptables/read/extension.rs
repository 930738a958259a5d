//! The matches and targets of iptables-extensions(8), and what options each takes.

/// A match or target, and its options.
#[derive(Debug)]
pub(super) struct Extension {
    /// What `-m` or `-j` calls it.
    pub(super) name: &'static str,
    /// How its options belong together where they are not modelled.
    pub(super) style: Style,
    /// The options.
    pub(super) options: &'static [Opt],
}

/// How the options of a match that is not modelled belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Each is a condition of its own.
    Each,
    /// All of them make one condition.
    Whole,
    /// All of them make one condition, and `!` before one of them negates it.
    Inverted,
}

/// An option of a match or target.
#[derive(Debug)]
pub(super) struct Opt {
    /// Its name, without the dashes.
    pub(super) name: &'static str,
    /// How many arguments it has.
    pub(super) arity: u8,
    /// What it means.
    pub(super) meaning: Meaning,
}

/// What an option of a match means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    SourcePort,
    DestinationPort,
    SourcePorts,
    DestinationPorts,
    EitherPort,
    TcpFlags,
    Syn,
    Icmp,
    SourceRange,
    DestinationRange,
    State,
    CtDirection,
    CtProtocol,
    CtOriginalSource,
    CtOriginalDestination,
    CtOriginalDestinationPort,
    CtStatus,
    /// An attribute of the connection that is not modelled.
    CtOther,
    Helper,
    Set,
    SourceType,
    DestinationType,
    Comment,
    Mark,
    ConnMark,
    /// Not modelled.
    Opaque,
}

impl Meaning {
    /// Whether it is a condition on ports, which the kernel takes only where the protocol is named too.
    pub(super) fn is_port(self) -> bool {
        matches!(
            self,
            Self::SourcePort
                | Self::DestinationPort
                | Self::SourcePorts
                | Self::DestinationPorts
                | Self::EitherPort
        )
    }
}

use Meaning as M;
use Style::{Each, Inverted, Whole};

const fn opt(name: &'static str, arity: u8, meaning: Meaning) -> Opt {
    Opt { name, arity, meaning }
}

/// Options that are not modelled, by how many arguments they take.
macro_rules! opaque {
    ($($name:literal $arity:literal),* $(,)?) => { &[$(opt($name, $arity, M::Opaque)),*] };
}

const fn ext(name: &'static str, style: Style, options: &'static [Opt]) -> Extension {
    Extension { name, style, options }
}

/// The match of this name.
pub(super) fn matching(name: &str) -> Option<&'static Extension> {
    let name = match name {
        "icmpv6" | "ipv6-icmp" => "icmp6",
        "udp-lite" => "udplite",
        "ipv6-auth" => "ah",
        "ipv6-crypt" => "esp",
        "ipv6-mh" | "mobility-header" => "mh",
        name => name,
    };
    MATCHES.iter().find(|known| known.name == name)
}

/// The target of this name, which neither decides by itself nor is modelled without its options.
pub(super) fn target(name: &str) -> Option<&'static Extension> {
    TARGETS.iter().find(|known| known.name == name)
}

const PORTED: &[Opt] = &[
    opt("dport", 1, M::DestinationPort),
    opt("sport", 1, M::SourcePort),
    opt("destination-port", 1, M::DestinationPort),
    opt("source-port", 1, M::SourcePort),
    // Of DCCP and SCTP.
    opt("dccp-types", 1, M::Opaque),
    opt("dccp-option", 1, M::Opaque),
    opt("chunk-types", 2, M::Opaque),
];

/// The common ones first.
static MATCHES: &[Extension] = &[
    ext(
        "tcp",
        Each,
        &[
            opt("dport", 1, M::DestinationPort),
            opt("sport", 1, M::SourcePort),
            opt("syn", 0, M::Syn),
            opt("tcp-flags", 2, M::TcpFlags),
            opt("destination-port", 1, M::DestinationPort),
            opt("source-port", 1, M::SourcePort),
            opt("tcp-option", 1, M::Opaque),
        ],
    ),
    ext(
        "multiport",
        Each,
        &[
            opt("dports", 1, M::DestinationPorts),
            opt("sports", 1, M::SourcePorts),
            opt("ports", 1, M::EitherPort),
            opt("destination-ports", 1, M::DestinationPorts),
            opt("source-ports", 1, M::SourcePorts),
            // Before 1.3 `multiport` took its ports by the names of `tcp`.
            opt("dport", 1, M::DestinationPorts),
            opt("sport", 1, M::SourcePorts),
            opt("port", 1, M::EitherPort),
        ],
    ),
    ext("udp", Each, PORTED),
    ext("comment", Each, &[opt("comment", 1, M::Comment)]),
    ext(
        "conntrack",
        Each,
        &[
            opt("ctstate", 1, M::State),
            opt("ctdir", 1, M::CtDirection),
            opt("ctproto", 1, M::CtProtocol),
            opt("ctorigsrc", 1, M::CtOriginalSource),
            opt("ctorigdst", 1, M::CtOriginalDestination),
            opt("ctorigdstport", 1, M::CtOriginalDestinationPort),
            opt("ctorigsrcport", 1, M::CtOther),
            opt("ctreplsrc", 1, M::CtOther),
            opt("ctrepldst", 1, M::CtOther),
            opt("ctreplsrcport", 1, M::CtOther),
            opt("ctrepldstport", 1, M::CtOther),
            opt("ctstatus", 1, M::CtStatus),
            opt("ctexpire", 1, M::CtOther),
        ],
    ),
    ext("state", Each, &[opt("state", 1, M::State)]),
    ext(
        "set",
        Whole,
        &[
            opt("match-set", 2, M::Set),
            opt("set", 2, M::Set),
            opt("return-nomatch", 0, M::Opaque),
            opt("update-counters", 0, M::Opaque),
            opt("update-subcounters", 0, M::Opaque),
            opt("packets-eq", 1, M::Opaque),
            opt("packets-lt", 1, M::Opaque),
            opt("packets-gt", 1, M::Opaque),
            opt("bytes-eq", 1, M::Opaque),
            opt("bytes-lt", 1, M::Opaque),
            opt("bytes-gt", 1, M::Opaque),
        ],
    ),
    ext("icmp", Each, &[opt("icmp-type", 1, M::Icmp)]),
    ext("icmp6", Each, &[opt("icmpv6-type", 1, M::Icmp)]),
    ext("iprange", Each, &[opt("src-range", 1, M::SourceRange), opt("dst-range", 1, M::DestinationRange)]),
    ext("mark", Each, &[opt("mark", 1, M::Mark)]),
    ext("connmark", Each, &[opt("mark", 1, M::ConnMark)]),
    ext("helper", Each, &[opt("helper", 1, M::Helper)]),
    ext(
        "addrtype",
        Whole,
        &[
            opt("src-type", 1, M::SourceType),
            opt("dst-type", 1, M::DestinationType),
            opt("limit-iface-in", 0, M::Opaque),
            opt("limit-iface-out", 0, M::Opaque),
        ],
    ),
    ext("udplite", Each, PORTED),
    ext("sctp", Each, PORTED),
    ext("dccp", Each, PORTED),
    ext("limit", Whole, opaque!["limit" 1, "limit-burst" 1]),
    ext(
        "hashlimit",
        Inverted,
        opaque![
            "hashlimit" 1, "hashlimit-upto" 1, "hashlimit-above" 1, "hashlimit-burst" 1, "hashlimit-mode" 1,
            "hashlimit-srcmask" 1, "hashlimit-dstmask" 1, "hashlimit-name" 1, "hashlimit-htable-size" 1,
            "hashlimit-htable-max" 1, "hashlimit-htable-expire" 1, "hashlimit-htable-gcinterval" 1,
            "hashlimit-rate-match" 0, "hashlimit-rate-interval" 1,
        ],
    ),
    ext(
        "recent",
        Inverted,
        opaque![
            "name" 1, "set" 0, "rcheck" 0, "update" 0, "remove" 0, "seconds" 1, "reap" 0, "hitcount" 1, "rttl" 0,
            "rsource" 0, "rdest" 0, "mask" 1,
        ],
    ),
    ext(
        "physdev",
        Each,
        opaque![
            "physdev-in" 1, "physdev-out" 1, "physdev-is-in" 0, "physdev-is-out" 0, "physdev-is-bridged" 0,
        ],
    ),
    ext("mac", Each, opaque!["mac-source" 1]),
    ext("pkttype", Each, opaque!["pkt-type" 1]),
    ext(
        "owner",
        Each,
        opaque![
            "uid-owner" 1, "gid-owner" 1, "pid-owner" 1, "sid-owner" 1, "cmd-owner" 1, "socket-exists" 0,
            "suppl-groups" 0,
        ],
    ),
    ext("string", Inverted, opaque!["algo" 1, "from" 1, "to" 1, "string" 1, "hex-string" 1, "icase" 0]),
    ext(
        "time",
        Whole,
        opaque![
            "datestart" 1, "datestop" 1, "timestart" 1, "timestop" 1, "monthdays" 1, "weekdays" 1, "days" 1,
            "contiguous" 0, "kerneltz" 0, "utc" 0, "localtz" 0,
        ],
    ),
    ext(
        "connlimit",
        Inverted,
        opaque![
            "connlimit-upto" 1, "connlimit-above" 1, "connlimit-mask" 1, "connlimit-saddr" 0, "connlimit-daddr" 0,
        ],
    ),
    ext("length", Each, opaque!["length" 1]),
    ext("ttl", Each, opaque!["ttl-eq" 1, "ttl" 1, "ttl-gt" 1, "ttl-lt" 1]),
    ext("hl", Each, opaque!["hl-eq" 1, "hl-gt" 1, "hl-lt" 1]),
    ext(
        "policy",
        Whole,
        opaque![
            "dir" 1, "pol" 1, "strict" 0, "reqid" 1, "spi" 1, "proto" 1, "mode" 1, "tunnel-src" 1, "tunnel-dst" 1,
            "next" 0,
        ],
    ),
    ext("rpfilter", Whole, opaque!["loose" 0, "validmark" 0, "accept-local" 0, "invert" 0]),
    ext("socket", Whole, opaque!["transparent" 0, "nowildcard" 0, "restore-skmark" 0]),
    ext("statistic", Inverted, opaque!["mode" 1, "probability" 1, "every" 1, "packet" 1]),
    ext("tcpmss", Each, opaque!["mss" 1]),
    ext("dscp", Each, opaque!["dscp" 1, "dscp-class" 1]),
    ext("tos", Each, opaque!["tos" 1]),
    ext("ecn", Each, opaque!["ecn-tcp-cwr" 0, "ecn-tcp-ece" 0, "ecn-ip-ect" 1]),
    ext("esp", Each, opaque!["espspi" 1]),
    ext("ipcomp", Each, opaque!["ipcompspi" 1, "compres" 0]),
    ext("ah", Whole, opaque!["ahspi" 1, "ahlen" 1, "ahres" 0]),
    ext("mh", Each, opaque!["mh-type" 1]),
    ext(
        "frag",
        Whole,
        opaque![
            "fragid" 1, "fraglen" 1, "fragres" 0, "fragfirst" 0, "fragmore" 0, "fraglast" 0,
        ],
    ),
    ext("dst", Whole, opaque!["dst-len" 1, "dst-opts" 1]),
    ext("hbh", Whole, opaque!["hbh-len" 1, "hbh-opts" 1]),
    ext(
        "rt",
        Whole,
        opaque![
            "rt-type" 1, "rt-segsleft" 1, "rt-len" 1, "rt-0-res" 0, "rt-0-addrs" 1, "rt-0-not-strict" 0,
        ],
    ),
    ext(
        "srh",
        Each,
        opaque![
            "srh-next-hdr" 1, "srh-hdr-len-eq" 1, "srh-hdr-len-gt" 1, "srh-hdr-len-lt" 1, "srh-segs-left-eq" 1,
            "srh-segs-left-gt" 1, "srh-segs-left-lt" 1, "srh-last-entry-eq" 1, "srh-last-entry-gt" 1,
            "srh-last-entry-lt" 1, "srh-tag" 1, "srh-psid" 1, "srh-nsid" 1, "srh-lsid" 1,
        ],
    ),
    ext("ipv6header", Inverted, opaque!["soft" 0, "header" 1]),
    ext("eui64", Whole, &[]),
    ext("unclean", Whole, &[]),
    ext("bpf", Whole, opaque!["bytecode" 1, "object-pinned" 1]),
    ext("cgroup", Each, opaque!["cgroup" 1, "path" 1]),
    ext(
        "cluster",
        Inverted,
        opaque![
            "cluster-total-nodes" 1, "cluster-local-node" 1, "cluster-local-nodemask" 1, "cluster-hash-seed" 1,
        ],
    ),
    ext("connbytes", Inverted, opaque!["connbytes" 1, "connbytes-dir" 1, "connbytes-mode" 1]),
    ext("connlabel", Inverted, opaque!["label" 1, "set" 0]),
    ext("cpu", Each, opaque!["cpu" 1]),
    ext("devgroup", Each, opaque!["src-group" 1, "dst-group" 1]),
    ext(
        "ipvs",
        Whole,
        opaque![
            "ipvs" 0, "vproto" 1, "vaddr" 1, "vport" 1, "vdir" 1, "vmethod" 1, "vportctl" 1,
        ],
    ),
    ext("nfacct", Whole, opaque!["nfacct-name" 1]),
    ext("osf", Inverted, opaque!["genre" 1, "ttl" 1, "log" 1]),
    ext("quota", Inverted, opaque!["quota" 1]),
    ext(
        "rateest",
        Inverted,
        opaque![
            "rateest1" 1, "rateest2" 1, "rateest-delta" 0, "rateest" 1, "rateest-bps" 1, "rateest-bps1" 1,
            "rateest-bps2" 1, "rateest-pps" 1, "rateest-pps1" 1, "rateest-pps2" 1, "rateest-lt" 0, "rateest-gt" 0,
            "rateest-eq" 0,
        ],
    ),
    ext("realm", Each, opaque!["realm" 1]),
    ext("u32", Inverted, opaque!["u32" 1]),
    // Not part of iptables, but of what is often installed beside it.
    ext("condition", Each, opaque!["condition" 1]),
    ext("geoip", Each, opaque!["src-cc" 1, "source-country" 1, "dst-cc" 1, "destination-country" 1]),
    ext(
        "ipp2p",
        Whole,
        opaque![
            "edk" 0, "dc" 0, "kazaa" 0, "gnu" 0, "bit" 0, "apple" 0, "winmx" 0, "soul" 0, "ares" 0, "debug" 0,
        ],
    ),
    ext("layer7", Inverted, opaque!["l7proto" 1, "l7dir" 1]),
    ext(
        "psd",
        Whole,
        opaque![
            "psd-weight-threshold" 1, "psd-delay-threshold" 1, "psd-lo-ports-weight" 1, "psd-hi-ports-weight" 1,
        ],
    ),
    ext("quota2", Inverted, opaque!["quota" 1, "name" 1, "grow" 0, "no-change" 0, "packets" 0]),
];

/// Targets that let the packet go on, or that are modelled by their options.
static TARGETS: &[Extension] = &[
    ext("ACCEPT", Each, &[]),
    ext("DROP", Each, &[]),
    ext("RETURN", Each, &[]),
    ext("REJECT", Each, opaque!["reject-with" 1]),
    ext(
        "LOG",
        Each,
        opaque![
            "log-level" 1, "log-prefix" 1, "log-tcp-sequence" 0, "log-tcp-options" 0, "log-ip-options" 0, "log-uid" 0,
            "log-macdecode" 0,
        ],
    ),
    ext(
        "DNAT",
        Each,
        opaque![
            "to-destination" 1, "random" 0, "persistent" 0,
        ],
    ),
    ext("SNAT", Each, opaque!["to-source" 1, "random" 0, "random-fully" 0, "persistent" 0]),
    ext("MASQUERADE", Each, opaque!["to-ports" 1, "random" 0, "random-fully" 0]),
    ext("REDIRECT", Each, opaque!["to-ports" 1, "random" 0]),
    ext("NETMAP", Each, opaque!["to" 1]),
    ext(
        "CT",
        Each,
        opaque![
            "helper" 1, "notrack" 0, "zone" 1, "zone-orig" 1, "zone-reply" 1, "ctevents" 1, "expevents" 1, "timeout" 1,
        ],
    ),
    ext("NOTRACK", Each, &[]),
    ext(
        "MARK",
        Each,
        opaque![
            "set-mark" 1, "set-xmark" 1, "and-mark" 1, "or-mark" 1, "xor-mark" 1,
        ],
    ),
    ext(
        "CONNMARK",
        Each,
        opaque![
            "set-mark" 1, "set-xmark" 1, "and-mark" 1, "or-mark" 1, "xor-mark" 1, "save-mark" 0, "restore-mark" 0,
            "mask" 1, "nfmask" 1, "ctmask" 1, "left-shift-mark" 1, "right-shift-mark" 1,
        ],
    ),
    ext("QUEUE", Each, &[]),
    ext(
        "NFQUEUE",
        Each,
        opaque![
            "queue-num" 1, "queue-balance" 1, "queue-bypass" 0, "queue-cpu-fanout" 0,
        ],
    ),
    ext("AUDIT", Each, opaque!["type" 1]),
    ext("CHECKSUM", Each, opaque!["checksum-fill" 0]),
    ext("CLASSIFY", Each, opaque!["set-class" 1]),
    ext(
        "CLUSTERIP",
        Each,
        opaque![
            "new" 0, "hashmode" 1, "clustermac" 1, "total-nodes" 1, "local-node" 1, "hash-init" 1,
        ],
    ),
    ext("CONNSECMARK", Each, opaque!["save" 0, "restore" 0]),
    ext("DNPT", Each, opaque!["src-pfx" 1, "dst-pfx" 1]),
    ext("DSCP", Each, opaque!["set-dscp" 1, "set-dscp-class" 1]),
    ext("ECN", Each, opaque!["ecn-tcp-remove" 0, "ecn-tcp-cwr" 1, "ecn-tcp-ece" 1, "ecn-ip-ect" 1]),
    ext("HL", Each, opaque!["hl-set" 1, "hl-dec" 1, "hl-inc" 1]),
    ext(
        "HMARK",
        Each,
        opaque![
            "hmark-tuple" 1, "hmark-mod" 1, "hmark-offset" 1, "hmark-src-prefix" 1, "hmark-dst-prefix" 1,
            "hmark-sport-mask" 1, "hmark-dport-mask" 1, "hmark-spi-mask" 1, "hmark-proto-mask" 1, "hmark-rnd" 1,
        ],
    ),
    ext("IDLETIMER", Each, opaque!["timeout" 1, "label" 1, "alarm" 0]),
    ext("LED", Each, opaque!["led-trigger-id" 1, "led-delay" 1, "led-always-blink" 0]),
    ext(
        "NFLOG",
        Each,
        opaque![
            "nflog-group" 1, "nflog-prefix" 1, "nflog-range" 1, "nflog-size" 1, "nflog-threshold" 1,
        ],
    ),
    ext("RATEEST", Each, opaque!["rateest-name" 1, "rateest-interval" 1, "rateest-ewmalog" 1]),
    ext("SECMARK", Each, opaque!["selctx" 1]),
    ext(
        "SET",
        Each,
        opaque![
            "add-set" 2, "del-set" 2, "map-set" 2, "timeout" 1, "exist" 0, "map-mark" 0, "map-prio" 0,
            "map-queue" 0,
        ],
    ),
    ext("SNPT", Each, opaque!["src-pfx" 1, "dst-pfx" 1]),
    ext("SYNPROXY", Each, opaque!["mss" 1, "wscale" 1, "sack-perm" 0, "timestamp" 0, "ecn" 0]),
    ext("TCPMSS", Each, opaque!["set-mss" 1, "clamp-mss-to-pmtu" 0]),
    ext("TCPOPTSTRIP", Each, opaque!["strip-options" 1]),
    ext("TEE", Each, opaque!["gateway" 1, "oif" 1]),
    ext("TOS", Each, opaque!["set-tos" 1, "and-tos" 1, "or-tos" 1, "xor-tos" 1]),
    ext("TPROXY", Each, opaque!["on-port" 1, "on-ip" 1, "tproxy-mark" 1]),
    ext("TRACE", Each, &[]),
    ext("TTL", Each, opaque!["ttl-set" 1, "ttl-dec" 1, "ttl-inc" 1]),
    ext("ULOG", Each, opaque!["ulog-nlgroup" 1, "ulog-prefix" 1, "ulog-cprange" 1, "ulog-qthreshold" 1]),
    // Not part of iptables, but of what is often installed beside it.
    ext("TARPIT", Each, opaque!["tarpit" 0, "honeypot" 0, "reset" 0]),
];
