//! The server that most of the lab needs.

use std::net::IpAddr;

pub(crate) use crate::server::{
    CONTROL_PORT, DATA_PORT, DOWNLOAD, INCOMING, PASSIVE_PORTS, Server as Vsftpd,
};
use crate::server::{Config, Software};
use crate::topology::Topology;

impl Vsftpd {
    /// Starts vsftpd and waits until it greets in both families. It offers explicit TLS and obliges nobody to
    /// use it.
    ///
    /// `advertised` is the address that the reply to `PASV` names instead of the server's own.
    ///
    /// # Panics
    ///
    /// When the server does not come up.
    pub(crate) fn start(topology: &Topology, advertised: Option<IpAddr>) -> Self {
        Self::run(topology, Software::Vsftpd, &Config { advertised, ..Config::default() })
    }
}
