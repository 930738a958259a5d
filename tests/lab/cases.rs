//! The packets that open connections, and which of them a firewall has to let in.
//!
//! The few that it has to are there to show that the many others are stopped by the rules and not by
//! something else: they take the same way, one port further.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use crate::packet::Packet;
use crate::plan::{Family, Plan, Side};
use crate::reach::Probe;
use crate::scenario::{CLIENT_PORTS, Place, Scenario, Strategy};
use crate::topology::Host;
use crate::vsftpd::{CONTROL_PORT, DATA_PORT, PASSIVE_PORTS};

/// A probe and what should become of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// The packet.
    pub(crate) probe: Probe,
    /// Whether the firewall should let it in.
    pub(crate) arrives: bool,
    /// Why, in a few words.
    pub(crate) what: &'static str,
}

/// TCP ports where no part of the deployment has any business.
const SSH: u16 = 22;
const HTTP: u16 = 80;
const HIGH: u16 = 6000;

/// The edges of a range: its ends, and the ports next to them outside.
struct Edges {
    first: u16,
    last: u16,
    below: u16,
    above: u16,
}

impl Edges {
    fn of(range: &RangeInclusive<u16>) -> Self {
        let (first, last) = (*range.start(), *range.end());
        Self { first, last, below: first - 1, above: last + 1 }
    }
}

/// Every case for a firewall in one family.
pub(crate) fn cases(scenario: Scenario, family: Family) -> Vec<Case> {
    let mut cases = Cases::new(scenario, family);
    cases.client_sends();
    cases.undeclared_client_sends();
    cases.server_sends();
    cases.undeclared_server_sends();
    if scenario.place != Place::Host {
        cases.gateway_receives();
        cases.gateway_sends();
    }
    cases.list
}

/// The cases under construction.
struct Cases {
    plan: Plan,
    family: Family,
    /// Whether the declared ports are open by themselves.
    open: bool,
    /// For the probes to which the source port does not matter: each has one of its own, so that conntrack takes
    /// none for a part of another's connection.
    next_source_port: u16,
    list: Vec<Case>,
}

/// A way that packets take: who sends them, and who is looked at.
#[derive(Clone, Copy)]
struct Way {
    from: Host,
    observer: Host,
}

const TO_SERVER: Way = Way { from: Host::Client, observer: Host::Server };
const TO_CLIENT: Way = Way { from: Host::Server, observer: Host::Client };

/// An address and a port.
type End = (IpAddr, u16);

impl Cases {
    fn new(scenario: Scenario, family: Family) -> Self {
        let open = scenario.strategy == Strategy::Static;
        Self { plan: scenario.plan(), family, open, next_source_port: 21000, list: Vec::new() }
    }

    /// A declared client's end of a connection.
    fn client(&mut self) -> End {
        self.next_source_port += 1;
        (self.plan.client(self.family), self.next_source_port)
    }

    fn case(
        &mut self,
        way: Way,
        packet: Packet,
        source: End,
        destination: End,
        arrives: bool,
        what: &'static str,
    ) {
        let Way { from, observer } = way;
        let probe = Probe {
            packet,
            from,
            observer,
            source: source.into(),
            destination: SocketAddr::from(destination),
        };
        self.list.push(Case { probe, arrives, what });
    }

    fn refused(&mut self, way: Way, packet: Packet, source: End, destination: End, what: &'static str) {
        self.case(way, packet, source, destination, false, what);
    }

    /// ICMP that nobody asked for.
    fn refuse_icmp(&mut self, way: Way, source: IpAddr, destination: IpAddr) {
        self.refused(way, Packet::Echo, (source, 0), (destination, 0), "an echo request");
        self.refused(way, Packet::Unreachable, (source, 0), (destination, 0), "an error about nothing");
    }

    /// What the declared client sends to the server. The same is required of every firewall, be the packets inbound
    /// for it or outbound.
    fn client_sends(&mut self) {
        let service = self.plan.service(self.family);
        let passive = Edges::of(&PASSIVE_PORTS);
        let declared = Edges::of(&CLIENT_PORTS);
        let open = self.open;

        for (port, arrives, what) in [
            (CONTROL_PORT, true, "the control connection"),
            (passive.first, open, "the first passive port, open only without a helper"),
            (passive.last, open, "the last passive port, open only without a helper"),
            (passive.below, false, "just below the passive range"),
            (passive.above, false, "just above the passive range"),
            (DATA_PORT, false, "the server's data port, where nobody listens"),
            (SSH, false, "a service that is not FTP"),
            (HTTP, false, "a service that is not FTP"),
        ] {
            let client = self.client();
            self.case(TO_SERVER, Packet::Syn, client, (service, port), arrives, what);
        }
        for port in [CONTROL_PORT, passive.first] {
            let client = self.client();
            self.refused(TO_SERVER, Packet::Ack, client, (service, port), "a connection that nobody opened");
        }
        for port in [DATA_PORT, CONTROL_PORT, passive.first] {
            let client = self.client();
            self.refused(TO_SERVER, Packet::Datagram, client, (service, port), "FTP is TCP only");
        }
        let client = self.plan.client(self.family);
        self.refuse_icmp(TO_SERVER, client, service);

        for (source_port, port, arrives, what) in [
            (declared.first, CONTROL_PORT, true, "the first port that clients connect from"),
            (declared.last, CONTROL_PORT, true, "the last port that clients connect from"),
            (declared.first, passive.last, open, "the first port that clients connect from, passive"),
            (declared.last, passive.first, open, "the last port that clients connect from, passive"),
            (declared.below, CONTROL_PORT, false, "a source port just below the clients'"),
            (declared.above, CONTROL_PORT, false, "a source port just above the clients'"),
            (declared.below, passive.first, false, "a source port just below the clients', passive"),
            (declared.above, passive.first, false, "a source port just above the clients', passive"),
            (DATA_PORT, HIGH, false, "source port 20 opens no door"),
            (DATA_PORT, declared.first, false, "source port 20 opens no door"),
            (DATA_PORT, CONTROL_PORT, false, "source port 20 opens no door"),
            (CONTROL_PORT, HIGH, false, "source port 21 opens no door"),
        ] {
            self.case(TO_SERVER, Packet::Syn, (client, source_port), (service, port), arrives, what);
        }
        if !self.plan.translates(self.family, Side::Server) {
            let other = self.plan.undeclared_server(self.family);
            for port in [CONTROL_PORT, passive.first] {
                let client = self.client();
                self.refused(TO_SERVER, Packet::Syn, client, (other, port), "to an undeclared server");
            }
        }
    }

    fn undeclared_client_sends(&mut self) {
        let client = self.plan.undeclared_client(self.family);
        let (service, own) = (self.plan.service(self.family), self.plan.server(self.family));
        for port in [CONTROL_PORT, *PASSIVE_PORTS.start()] {
            let (_, source_port) = self.client();
            let source = (client, source_port);
            self.refused(TO_SERVER, Packet::Syn, source, (service, port), "from an undeclared client");
            if own != service {
                self.refused(TO_SERVER, Packet::Syn, source, (own, port), "past the translation");
            }
        }
        self.refused(
            TO_SERVER,
            Packet::Syn,
            (client, DATA_PORT),
            (own, HIGH),
            "source port 20 opens no door",
        );
        self.refuse_icmp(TO_SERVER, client, service);
    }

    /// What the declared server sends to the client.
    fn server_sends(&mut self) {
        let server = self.plan.server(self.family);
        let client = self.plan.visible_client(self.family);
        let translated = self.plan.translates(self.family, Side::Client);
        let declared = Edges::of(&CLIENT_PORTS);
        let passive = Edges::of(&PASSIVE_PORTS);
        // Behind a translation there is nobody whom a packet that is not expected could be for.
        let open = self.open && !translated;

        for (source_port, port, arrives, what) in [
            (DATA_PORT, declared.first, open, "active data, the first client port, without a helper"),
            (DATA_PORT, declared.last, open, "active data, the last client port, without a helper"),
            (DATA_PORT, declared.below, false, "active data, just below the clients' ports"),
            (DATA_PORT, declared.above, false, "active data, just above the clients' ports"),
            (DATA_PORT, SSH, false, "source port 20 opens no door"),
            (DATA_PORT, HIGH, false, "source port 20 opens no door"),
            (CONTROL_PORT, declared.first, false, "the control port is for replies only"),
            (passive.first, declared.first, false, "a passive port is for replies only"),
            (passive.last, declared.first, false, "a passive port is for replies only"),
            (40000, declared.first, false, "a port that active data does not come from"),
            (40001, HTTP, false, "the server opens nothing but active data"),
        ] {
            self.case(TO_CLIENT, Packet::Syn, (server, source_port), (client, port), arrives, what);
        }
        let destination = (client, declared.first + 1);
        for source_port in [DATA_PORT, CONTROL_PORT, passive.first] {
            let source = (server, source_port);
            self.refused(TO_CLIENT, Packet::Ack, source, destination, "a connection that nobody opened");
            self.refused(TO_CLIENT, Packet::Datagram, source, destination, "FTP is TCP only");
        }
        self.refuse_icmp(TO_CLIENT, server, client);
        if !translated {
            let undeclared = (self.plan.undeclared_client(self.family), declared.first);
            self.refused(TO_CLIENT, Packet::Syn, (server, DATA_PORT), undeclared, "to an undeclared client");
        }
    }

    fn undeclared_server_sends(&mut self) {
        let server = self.plan.undeclared_server(self.family);
        let (visible, own) = (self.plan.visible_client(self.family), self.plan.client(self.family));
        let port = *CLIENT_PORTS.start();
        let source = (server, DATA_PORT);
        self.refused(TO_CLIENT, Packet::Syn, source, (visible, port), "from an undeclared server");
        if own != visible {
            self.refused(TO_CLIENT, Packet::Syn, source, (own, port), "past the translation");
        }
    }

    /// What either end sends to the gateway itself, which offers nothing.
    fn gateway_receives(&mut self) {
        let what = "the gateway offers nothing";
        for (from, source, gateway) in [
            (Host::Client, self.plan.client(self.family), self.plan.gateway_of_client(self.family)),
            (Host::Server, self.plan.server(self.family), self.plan.gateway_of_server(self.family)),
        ] {
            let way = Way { from, observer: Host::Gateway };
            for port in [CONTROL_PORT, SSH, *PASSIVE_PORTS.start()] {
                let (_, source_port) = self.client();
                self.refused(way, Packet::Syn, (source, source_port), (gateway, port), what);
            }
            self.refused(way, Packet::Syn, (source, DATA_PORT), (gateway, *CLIENT_PORTS.start()), what);
            self.refuse_icmp(way, source, gateway);
        }
        if self.plan.translates(self.family, Side::Server) {
            // What is not translated to the server stays at the public address, which is the gateway's.
            let way = Way { from: Host::Client, observer: Host::Gateway };
            let public = self.plan.service(self.family);
            let passive = Edges::of(&PASSIVE_PORTS);
            for port in [SSH, DATA_PORT, passive.below, passive.above] {
                let client = self.client();
                self.refused(way, Packet::Syn, client, (public, port), what);
            }
        }
    }

    /// What the gateway itself sends, which asks for nothing.
    fn gateway_sends(&mut self) {
        let what = "the gateway asks for nothing";
        for (observer, source, destination) in [
            (Host::Client, self.plan.gateway_of_client(self.family), self.plan.client(self.family)),
            (Host::Server, self.plan.gateway_of_server(self.family), self.plan.server(self.family)),
        ] {
            let way = Way { from: Host::Gateway, observer };
            for port in [CONTROL_PORT, HTTP] {
                let (_, source_port) = self.client();
                self.refused(way, Packet::Syn, (source, source_port), (destination, port), what);
            }
            self.refuse_icmp(way, source, destination);
        }
    }
}
