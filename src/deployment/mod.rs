//! The declared deployment: the YAML model, its validation, and its forms on the command line.

mod allow;
mod check;
mod command_line;
mod firewall;
mod guard;
mod host;
mod ignore;
mod model;
mod nat;
mod node;
mod position;
mod print;
pub mod problem;
mod range;
mod read;
mod schema;
mod service;
pub mod shape;
mod source;
mod value;

pub use command_line::{CommandLine, option, read_dialect};
pub use guard::{MAX_BRACKETS, MAX_BYTES};
pub use model::{
    ActiveSource, AlsoAllow, Clients, Deployment, Egress, Firewall, ForeignAddresses, Ignore, Modes, Nat,
    Party, Place, Service, Side, Software, Strategy, Tls,
};
pub use node::{MAX_DEPTH, MAX_VALUES};
pub use position::Position;
pub use print::print;
pub use problem::{Problem, Severity};
pub use range::{Effect, LINUX_EPHEMERAL, enough_ports};
pub use read::{Reading, read, read_command_line};
pub use schema::json_schema;
pub use source::{Source, line_and_column};
pub use value::{MAX_NOTE, is_rule_id};
