//! The packets that findings show: what is let through too much really is, and what is not let through is not.

use std::net::IpAddr;
use std::process::Command;

use ftpfw::audit::{Message, Sample};
use ftpfw::dialect::Format;
use ftpfw::dialect::collection::Text;
use ftpfw::packet::{Family, Packet, Payload, State};
use ftpfw::ruleset::trace::{Path, Tracer, Verdict};

use super::{audited, is_loadable};
use crate::command::{attempt, feed};
use crate::fixtures::Fixture;
use crate::oracle::frame::{Rest, packet, tag};
use crate::oracle::place::INTERFACES;
use crate::oracle::range::{Range, Sent, lab_rules, mac, world_mac};
use crate::owned::folder;
use crate::require::{find_program, require};

/// The interfaces of the cases, in place of the names that the range has for them.
const NAMES: [&str; INTERFACES.len()] = ["docker0", "eth1", "eth0"];

const SYN: u8 = 0x02;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

#[test]
fn what_is_too_broad_arrives_and_what_is_missing_does_not() {
    require();
    let mut range = Range::new();
    for (old, new) in INTERFACES.into_iter().zip(NAMES) {
        range.target.configure(&format!("link set {old} name {new}\n"));
    }
    let (mut arrived, mut stopped, mut faults) = (0, 0, Vec::new());
    for fixture in Fixture::all() {
        if !is_loadable(&fixture) {
            continue;
        }
        let (deployment, rules) = (fixture.deployment(), fixture.rules());
        if rules.problems.is_empty() && load(&range, &fixture).is_err() {
            // Nothing to try: this kernel takes no such rules, which is what the case is about.
            assert_eq!(fixture.finding, "FTP017", "{}", fixture.name);
            continue;
        }
        let audit = audited(&deployment, &rules);
        let broad = audit.findings.iter().filter(|found| matches!(found.message, Message::Broad(_)));
        let broad = broad.filter_map(|found| Some((found.rule.id(), found.sample.clone()?)));
        let missing = audit.matrix.iter().filter_map(|cell| cell.uncovered.as_ref()?.sample.clone());
        let all = broad.chain(missing.map(|sample| ("missing", sample)));
        for (number, (what, sample)) in (0..).zip(all) {
            let trace = Tracer::new(&rules.ruleset).trace(&sample.packet, sample.path);
            if trace.verdict == Verdict::Unknown || !is_first(&sample.packet) {
                continue;
            }
            let seen = shoot(&mut range, &fixture, &sample, &trace.packet, number);
            *(if seen { &mut arrived } else { &mut stopped }) += 1;
            if seen != (trace.verdict == Verdict::Accept) {
                let Fixture { finding, name, .. } = &fixture;
                faults.push(format!(
                    "{finding}/{name}: {what}: arrives: {seen}, {:?}: {sample:?}",
                    trace.verdict
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(arrived > 30 && stopped > 30, "{arrived} arrived, {stopped} did not");
}

/// Whether the packet can be sent by itself, or after the line that announces it.
fn is_first(packet: &Packet) -> bool {
    matches!(packet.state, State::New | State::Invalid) || packet.helper.as_deref() == Some("ftp")
}

/// Loads a case in place of what was there before.
fn load(range: &Range, fixture: &Fixture) -> Result<(), String> {
    let multi = find_program("xtables-nft-multi").expect("`require` has seen it");
    let files = folder("samples");
    range.target.enter(|| {
        attempt(Command::new("conntrack").arg("-F"))?;
        feed(Command::new("nft").args(["-f", "-"]), &lab_rules());
        for (Text { content, .. }, format) in fixture.formats() {
            let file = files.path().join("rules");
            std::fs::write(&file, content).map_err(|error| error.to_string())?;
            let mut command = match format {
                Format::Nft => Command::new("nft"),
                Format::Ipset => Command::new("ipset"),
                _ => Command::new(&multi),
            };
            match format {
                Format::Nft => command.arg("-f"),
                Format::Ipset => command.args(["restore", "-file"]),
                Format::Ip6tables => command.args(["ip6tables-restore", "--noflush"]),
                _ => command.args(["iptables-restore", "--noflush"]),
            };
            attempt(command.arg(file))?;
        }
        Ok(())
    })
}

/// Sends a sample, and says whether it arrived where its way leads; `leaving` is the packet after translation.
fn shoot(range: &mut Range, fixture: &Fixture, sample: &Sample, leaving: &Packet, number: u32) -> bool {
    let Sample { path, packet: sent } = sample;
    let own = match path {
        Path::Input => Some((leaving.destination, &sent.in_interface)),
        Path::Output => Some((sent.source, &sent.out_interface)),
        Path::Forward => None,
    };
    let mut others = Vec::new();
    if *path != Path::Input {
        others.push((leaving.destination, &sent.out_interface));
    }
    if *path != Path::Output {
        others.push((sent.source, &sent.in_interface));
    }
    let mut world: Vec<String> = own
        .iter()
        .map(|own| {
            // Without duplicate address detection, which takes a second.
            let nodad = if own.0.is_ipv6() { " nodad" } else { "" };
            format!("address add {}{nodad}", host(*own))
        })
        .collect();
    world.extend(others.iter().map(|other| format!("route add {}", host(*other))));
    world.extend(others.iter().map(|(address, interface)| {
        let network = NAMES.iter().position(|known| known == interface).expect("one of them");
        let there = mac(world_mac(network));
        format!("neighbour replace {address} lladdr {there} dev {interface} nud permanent")
    }));
    range.target.configure(&(world.join("\n") + "\n"));
    load(range, fixture).expect("it has been loaded before");
    range.seen();
    let here = own.map(|(address, _)| address);
    let from = |source: IpAddr, interface: &str| {
        if Some(source) == here { None } else { NAMES.iter().position(|known| *known == interface) }
    };
    if sent.helper.is_some() {
        announce(range, sent, number, &from);
        range.seen();
    }
    let rest = Rest { sequence: (1000, 0), data: &tag(number), ..Rest::default() };
    let bytes = packet(sent.source, sent.destination, sent.payload, rest);
    range.send(&Sent { from: from(sent.source, &sent.in_interface), bytes });
    let seen = range.seen();
    let mut world: Vec<String> = others.iter().map(|other| format!("route del {}", host(*other))).collect();
    world.extend(own.iter().map(|own| format!("address del {}", host(*own))));
    range.target.configure(&(world.join("\n") + "\n"));
    if *path == Path::Input { seen.inside.contains(&number) } else { seen.outside.contains(&number) }
}

/// A single address at an interface, as `ip` has it.
fn host((address, interface): (IpAddr, &String)) -> String {
    let length = if address.is_ipv4() { 32 } else { 128 };
    format!("{address}/{length} dev {interface}")
}

/// The control connection on which a data connection is announced: by the server if it leads to the server, else by the
/// client.
fn announce(range: &Range, data: &Packet, number: u32, from: &dyn Fn(IpAddr, &str) -> Option<usize>) {
    let Payload::Tcp { source_port, destination_port: port, .. } = data.payload else { return };
    // Active data connections come from the port beside the control connection's.
    let active = source_port == 20;
    let (client, server) =
        if active { (data.destination, data.source) } else { (data.source, data.destination) };
    let client_port = 50_000 + u16::try_from(number).expect("there are few");
    let mut sequence = [1000, 5000];
    let mut say = |by_client: bool, flags: u8, line: &str| {
        let (source, destination) = if by_client { (client, server) } else { (server, client) };
        let ports = if by_client { (client_port, 21) } else { (21, client_port) };
        let payload = Payload::Tcp { source_port: ports.0, destination_port: ports.1, flags };
        let own = usize::from(!by_client);
        let rest =
            Rest { sequence: (sequence[own], sequence[1 - own]), data: line.as_bytes(), ..Rest::default() };
        let interface = if data.in_interface.is_empty() { &data.out_interface } else { &data.in_interface };
        let bytes = packet(source, destination, payload, rest);
        range.send(&Sent { from: from(source, interface), bytes });
        sequence[own] += u32::try_from(line.len()).expect("short") + u32::from(flags & SYN != 0);
    };
    say(true, SYN, "");
    say(false, SYN | ACK, "");
    say(true, ACK, "");
    say(false, PSH | ACK, "220 ready\r\n");
    say(true, PSH | ACK, "NOOP\r\n");
    let comma = |address: IpAddr| format!("{address},{},{}", port >> 8, port & 0xff).replace('.', ",");
    match (active, Family::of(client)) {
        (false, Family::Ipv4) => say(false, PSH | ACK, &format!("227 here ({}).\r\n", comma(server))),
        (false, Family::Ipv6) => say(false, PSH | ACK, &format!("229 here (|||{port}|)\r\n")),
        (true, Family::Ipv4) => say(true, PSH | ACK, &format!("PORT {}\r\n", comma(client))),
        (true, Family::Ipv6) => say(true, PSH | ACK, &format!("EPRT |2|{client}|{port}|\r\n")),
    }
}
