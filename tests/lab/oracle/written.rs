//! Rule sets in the styles of programs that write them, with the addresses of this world: random packets as of any other.

use ftpfw::packet::Family;

use super::draft::Draft;
use super::{RULESETS, agree_on, setting};
use crate::backend::Backend;

/// For each so many random rule sets, the packets are drawn anew once.
const SHARE: u64 = 40;

#[test]
fn openwrt_agrees() {
    agree(Backend::Nft, None, include_str!("written/openwrt.nft"));
}

#[test]
fn kubernetes_agrees() {
    agree(Backend::Nft, None, include_str!("written/kubernetes.nft"));
}

#[test]
fn zones_agree() {
    agree(Backend::Nft, None, include_str!("written/zones.nft"));
}

#[test]
fn what_is_asked_after_a_masquerade_agrees() {
    agree(Backend::Nft, None, include_str!("written/masquerade.nft"));
}

#[test]
fn chains_with_the_priority_of_connection_tracking_agree() {
    agree(Backend::Nft, None, include_str!("written/beside.nft"));
}

#[test]
fn gateway_of_iptables_nft_agrees() {
    agree(Backend::IptablesNft, Some(Family::Ipv4), include_str!("written/gateway.rules"));
}

#[test]
fn gateway_of_iptables_legacy_agrees() {
    agree(Backend::IptablesLegacy, Some(Family::Ipv4), include_str!("written/gateway.rules"));
}

fn agree(backend: Backend, family: Option<Family>, text: &'static str) {
    agree_on(setting("FTPFW_ORACLE_RULESETS", RULESETS).div_ceil(SHARE), |_| Draft {
        backend,
        tables: Vec::new(),
        written: Some((family, text)),
    });
}
