//! Translations.

use std::rc::Rc;

use super::super::lex::Kind;
use super::super::syntax::{Expr, Nat, NatKind, Statement};
use super::Cursor;
use super::statement::Read;
use crate::packet::Family;

impl Cursor<'_> {
    /// `dnat ip to 192.0.2.1:21`, from its keyword.
    pub(super) fn nat(&mut self, kind: NatKind) -> Read {
        self.next();
        let mut nat = Nat { netmap: false, kind, family: None, address: None, port: None };
        nat.family = match self.text() {
            "ip" if kind != NatKind::Masquerade => Some(Family::Ipv4),
            "ip6" if kind != NatKind::Masquerade => Some(Family::Ipv6),
            _ => None,
        };
        // `dnat ip to`, but `dnat ip saddr map` says no family.
        if nat.family.is_some() {
            self.next();
        }
        nat.netmap = self.accept("prefix");
        // How nft 1.0 marks pairs; the value says it as well.
        while nat.family.is_some() && (self.accept("addr") || self.accept("port") || self.accept_symbol(b'.'))
        {
        }
        if self.accept("to") || self.nat_target_follows() {
            if !self.accept_symbol(b':') {
                let address = self.computed()?;
                nat.address = Some(if self.accept("map") {
                    Expr::Map(Rc::new((address, self.concatenation()?)))
                } else {
                    address
                });
                if !self.accept_symbol(b':') {
                    self.nat_flags();
                    return Ok(Some(Statement::Nat(nat)));
                }
            }
            let port = self.computed()?;
            nat.port = Some(if self.accept("map") {
                Expr::Map(Rc::new((port, self.concatenation()?)))
            } else {
                port
            });
        }
        self.nat_flags();
        Ok(Some(Statement::Nat(nat)))
    }

    /// Whether a target follows without `to`, as nft allows for addresses.
    fn nat_target_follows(&self) -> bool {
        self.kind() == Kind::Symbol(b':')
            || self.kind() == Kind::Variable
            || (self.kind() == Kind::Word && self.text().starts_with(|first: char| first.is_ascii_digit()))
    }

    /// How a port is chosen where there is a choice.
    fn nat_flags(&mut self) {
        while self.accept("random")
            || self.accept("fully-random")
            || self.accept("persistent")
            || self.accept_symbol(b',')
        {}
    }
}
