//! What a packet is made of: families, addresses, protocols, ports; packets, and exact sets of them.
//!
//! The ground floor. Nothing here knows of FTP or of firewalls.

mod address;
mod family;
mod few;
mod one;
mod port;
mod protocol;
mod set;

pub use address::AddressSet;
pub use family::Family;
pub use one::{Packet, Payload, State};
pub use port::{PortRange, PortSet};
pub use protocol::Protocol;
pub use set::{
    Budget, Case, Description, Field, Membership, NameField, Names, PacketSet, Part, Space, TooComplex,
};
