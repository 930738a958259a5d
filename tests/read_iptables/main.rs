//! Reading rule sets for iptables, through the public API.

#[path = "../support/deployments.rs"]
#[expect(dead_code, reason = "the lab asks more of a deployment")]
mod deployments;
mod round_trip;
