//! The declared deployment: the YAML model, its validation, and its forms on the command line.

mod model;

pub use model::{
    ActiveSource, AlsoAllow, Clients, Deployment, Egress, Firewall, Modes, Nat, Party, Place, Service, Side,
    Software, Strategy, Tls,
};
