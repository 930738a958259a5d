//! What `nft -j list ruleset` prints.

use serde_json::Value;

use crate::packet::Family;

/// A table that iptables-nft saves.
pub(super) struct Saved {
    family: Family,
    table: String,
    /// Its chains.
    chains: Vec<String>,
    /// Whether there are other base chains in it, which nft alone lists.
    is_part: bool,
}

impl Saved {
    /// The tables in what `iptables-nft-save` prints.
    pub(super) fn read(text: &str, family: Family) -> Vec<Self> {
        let mut tables: Vec<Self> = Vec::new();
        // A comment says of which table it does not understand everything.
        let understood = |table: &str| {
            let mark = format!("# Table `{table}'");
            !text.lines().any(|line| line.starts_with(&mark))
        };
        for line in text.lines() {
            if let Some(table) = line.strip_prefix('*') {
                let (table, is_part) = (table.to_owned(), !understood(table));
                tables.push(Self { family, table, chains: Vec::new(), is_part });
            } else if let (Some(chain), Some(table)) = (line.strip_prefix(':'), tables.last_mut()) {
                table.chains.extend(chain.split(' ').next().map(str::to_owned));
            }
        }
        tables
    }

    /// Whether an object of nft's listing is of this table, and saved with it.
    fn holds(&self, object: &Value) -> bool {
        let saved = || chain(object).is_some_and(|chain| self.chains.iter().any(|own| own == chain));
        table(object) == Some((id(self.family), self.table.as_str())) && (!self.is_part || saved())
    }
}

/// The objects that nft lists, without what changes from one listing to the next: counters, and handles but those of
/// rules, by which a rule is changed.
#[derive(Default)]
pub(super) struct Listing(Vec<Value>);

/// The tables that iptables has.
const TABLES: [&str; 5] = ["filter", "nat", "mangle", "raw", "security"];

impl Listing {
    /// Reads a listing. `None` if it is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut listing: Value = serde_json::from_str(text).ok()?;
        let mut objects = std::mem::take(listing.get_mut("nftables")?.as_array_mut()?);
        objects.retain(|object| object.get("metainfo").is_none());
        for (kind, object) in objects.iter_mut().filter_map(Value::as_object_mut).flatten() {
            if let Some(fields) = object.as_object_mut().filter(|_| kind != "rule") {
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

    /// The same without what iptables-nft saves.
    pub(super) fn without(mut self, saved: &[Saved]) -> Self {
        self.0.retain(|object| !saved.iter().any(|saved| saved.holds(object)));
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

/// The name of the chain that an object is, or is in.
fn chain(object: &Value) -> Option<&str> {
    let (kind, fields) = object.as_object()?.iter().next()?;
    fields.get(if kind == "chain" { "name" } else { "chain" })?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = r#"{"nftables": [{"metainfo": {"version": "1.0.6"}},
        {"table": {"family": "ip", "name": "filter", "handle": 1}},
        {"chain": {"family": "ip", "table": "filter", "name": "INPUT", "handle": 1}},
        {"rule": {"family": "ip", "table": "filter", "chain": "INPUT", "handle": 2, "expr": [{"xt": null}]}},
        {"chain": {"family": "ip", "table": "filter", "name": "other", "handle": 3}},
        {"rule": {"family": "ip", "table": "filter", "chain": "other", "handle": 4,
            "expr": [{"counter": {"packets": 3, "bytes": 4}}, {"drop": null}]}},
        {"table": {"family": "ip6", "name": "filter", "handle": 1}}]}"#;

    const SAVED: &str = "*filter\n:INPUT ACCEPT [0:0]\n:user - [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n";

    fn listing() -> Listing {
        Listing::read(LISTING).expect("a listing")
    }

    #[test]
    fn what_iptables_saves_is_left_out() {
        assert!(listing().may_be_of_iptables(Family::Ipv4) && listing().has_extensions());
        let own = listing().without(&Saved::read(SAVED, Family::Ipv4));
        let text = "{\"nftables\": [\n{\"table\":{\"family\":\"ip6\",\"name\":\"filter\"}}\n]}\n";
        assert_eq!(own.text(), text);
        assert!(!own.has_extensions());
    }

    #[test]
    fn chains_that_iptables_does_not_understand_stay() {
        let saved = format!("# Table `filter' contains incompatible base-chains, use 'nft' tool\n{SAVED}");
        let own = listing().without(&Saved::read(&saved, Family::Ipv4));
        let text = own.text();
        assert!(text.contains(r#""name":"other""#) && !text.contains("INPUT"), "{text}");
        assert!(
            text.contains(r#"[{"counter":null},{"drop":null}]"#) && text.contains(r#""handle":4"#),
            "{text}"
        );
        assert_eq!(text.matches("handle").count(), 1, "{text}");
        // Nothing at all of a table that it does not understand is saved.
        let saved = Saved::read("# Table `filter' is incompatible, use 'nft' tool.\n", Family::Ipv4);
        assert_eq!(listing().without(&saved).text(), listing().text());
    }
}
