//! Reading rule sets for pf, from outside: what is generated reads back as it was, and the naive evaluator that
//! others are compared with is right itself.

#[path = "../support/deployments.rs"]
#[expect(dead_code, reason = "the lab asks more of a deployment")]
mod deployments;
mod naive;
#[path = "../support/naive_pf.rs"]
mod naive_pf;
mod round_trip;
