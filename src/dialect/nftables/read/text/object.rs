//! Objects of a table: sets, maps, conntrack helpers.

use std::rc::Rc;

use super::super::lex::Kind;
use super::super::problem::Expected;
use super::super::syntax::{Element, Expr};
use super::super::tables::{Helper, Set, Table};
use super::Cursor;
use super::cursor::Parsed;
use crate::packet::Family;

impl Cursor<'_> {
    /// A set's or map's block. Only the elements matter: what they are is said again wherever they are compared.
    pub(super) fn set_block(&mut self, set: &mut Set) -> Parsed<()> {
        self.block(|inside| match inside.text() {
            "elements" => {
                inside.next();
                inside.symbol("=")?;
                let elements = inside.elements()?;
                set.add(&elements);
                Ok(())
            }
            "type" | "typeof" | "flags" | "timeout" | "gc-interval" | "size" | "policy" | "auto-merge"
            | "comment" | "counter" | "limit" | "quota" | "ct" | "last" => {
                inside.skip_statement();
                Ok(())
            }
            _ => Err(inside.unexpected(Expected::ObjectPart)),
        })
    }

    /// Elements in braces, or the variable that holds them.
    pub(super) fn elements(&mut self) -> Parsed<Rc<[Element]>> {
        self.skip_lines();
        match self.value()? {
            Expr::Set(elements) => Ok(elements),
            key => Ok([Element { key, value: None }].into()),
        }
    }

    /// A `ct helper` object's block.
    pub(super) fn helper_block(&mut self, table: &mut Table, name: String) -> Parsed<()> {
        let (mut kernel, mut family) = (String::new(), None);
        self.block(|inside| match (inside.kind(), inside.text()) {
            (Kind::Word, "type") => {
                inside.next();
                inside.word(Expected::Name)?.clone_into(&mut kernel);
                if inside.accept("protocol") {
                    inside.word(Expected::Name)?;
                }
                Ok(())
            }
            (Kind::Word, "l3proto") => {
                inside.next();
                family = helper_family(inside.word(Expected::Name)?);
                Ok(())
            }
            (Kind::Word, "comment") => {
                inside.skip_statement();
                Ok(())
            }
            _ => Err(inside.unexpected(Expected::ObjectPart)),
        })?;
        table.helpers.push(Helper { name, kernel, family });
        Ok(())
    }
}

/// The only family that a helper object serves.
pub(in super::super) fn helper_family(name: &str) -> Option<Family> {
    match name {
        "ip" => Some(Family::Ipv4),
        "ip6" => Some(Family::Ipv6),
        _ => None,
    }
}
