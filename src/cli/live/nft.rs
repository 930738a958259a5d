//! What `nft -j list ruleset` prints.

use serde_json::Value;

use crate::packet::Family;

/// The objects that nft lists, without what changes from one listing to the next: handles and counters.
pub(super) struct Listing(Vec<Value>);

/// The tables that iptables has.
const TABLES: [&str; 5] = ["filter", "nat", "mangle", "raw", "security"];

impl Listing {
    /// Reads a listing. `None` if it is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut listing: Value = serde_json::from_str(text).ok()?;
        let mut objects = std::mem::take(listing.get_mut("nftables")?.as_array_mut()?);
        objects.retain(|object| object.get("metainfo").is_none());
        for object in
            objects.iter_mut().filter_map(Value::as_object_mut).flat_map(|object| object.values_mut())
        {
            if let Some(fields) = object.as_object_mut() {
                fields.remove("handle");
            }
            for statement in object.get_mut("expr").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(counter) = statement.get_mut("counter").filter(|counter| counter.is_object()) {
                    *counter = Value::Null;
                }
            }
        }
        Some(Self(objects))
    }

    /// Whether a table has the name of one of iptables'.
    pub(super) fn may_be_of_iptables(&self, family: Family) -> bool {
        self.0.iter().filter_map(table).any(|(of, name)| of == id(family) && TABLES.contains(&name))
    }

    /// The same without these tables.
    pub(super) fn without(mut self, tables: &[(Family, String)]) -> Self {
        self.0.retain(|object| {
            let own = table(object);
            !tables.iter().any(|(family, name)| own == Some((id(*family), name.as_str())))
        });
        self
    }

    /// Whether a rule has an extension of iptables in it, of which nft does not say what it means.
    pub(super) fn has_extensions(&self) -> bool {
        let statements = self.0.iter().filter_map(|object| object.get("rule")?.get("expr")?.as_array());
        statements.flatten().any(|statement| statement.get("xt").is_some())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The listing again, an object a line.
    pub(super) fn text(&self) -> String {
        let objects: Vec<String> = self.0.iter().map(Value::to_string).collect();
        format!("{{\"nftables\": [\n{}\n]}}\n", objects.join(",\n"))
    }
}

/// nft's name of the tables of a family.
fn id(family: Family) -> &'static str {
    match family {
        Family::Ipv4 => "ip",
        Family::Ipv6 => "ip6",
    }
}

/// The family and the name of the table that an object is, or is in.
fn table(object: &Value) -> Option<(&str, &str)> {
    let (kind, fields) = object.as_object()?.iter().next()?;
    let name = if kind == "table" { "name" } else { "table" };
    Some((fields.get("family")?.as_str()?, fields.get(name)?.as_str()?))
}
