//! The JSON Schema of the deployment file, from the same table that files are read by.

use serde_json::{Map, Value, json};

use super::shape::{Arity, Field, FieldId, Kind, ROOT, VERSION, Words};
use super::value::MAX_NOTE;

/// The JSON Schema (draft 2020-12) of the deployment file, with the descriptions that `describe` gives.
///
/// It describes the shape: what an editor can complete and check while one types. How values have to fit
/// together is for the program itself to say, so a file that the schema accepts may still have errors; a
/// file that the program accepts always meets the schema.
#[must_use]
pub fn json_schema(describe: impl Fn(FieldId) -> String) -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://ftpfw.invalid/deployment-1.schema.json",
        "title": "ftpfw deployment",
    });
    if let (Some(schema), Value::Object(root)) = (schema.as_object_mut(), mapping(ROOT, &describe)) {
        schema.extend(root);
    }
    schema
}

fn mapping(fields: &[Field], describe: &dyn Fn(FieldId) -> String) -> Value {
    let property = |field: &Field| {
        let mut schema = match field.arity {
            Arity::One => one(field.kind, describe),
            Arity::OneOrMore => {
                let item = one(field.kind, describe);
                // `self` and `ephemeral` stand alone, never in a list.
                let item_of_list = match field.kind {
                    Kind::Party => one(Kind::NetworkOrAny, describe),
                    Kind::SourcePort => one(Kind::Port, describe),
                    _ => item.clone(),
                };
                let list =
                    json!({ "type": "array", "items": item_of_list, "minItems": 1, "uniqueItems": true });
                json!({ "anyOf": [item, list] })
            }
            Arity::Any => json!({ "type": "array", "items": one(field.kind, describe) }),
            Arity::AtLeastOne => {
                json!({ "type": "array", "items": one(field.kind, describe), "minItems": 1 })
            }
        };
        if let Value::Object(schema) = &mut schema {
            // First, where people look for it.
            schema.shift_insert(0, "description".to_owned(), describe(field.id).into());
        }
        (field.name.to_owned(), schema)
    };
    let properties: Map<String, Value> = fields.iter().map(property).collect();
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn one(kind: Kind, describe: &dyn Fn(FieldId) -> String) -> Value {
    const PORT: &str = "(0|[1-9][0-9]*)";
    let pattern = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    let port = || json!({ "type": "integer", "minimum": 1, "maximum": u16::MAX });
    let address = || json!({ "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }], "type": "string" });
    // Of the two families together; which bits may be set is beyond a pattern.
    let network = || pattern("^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$");
    match kind {
        Kind::Version => json!({ "const": VERSION }),
        Kind::ServiceName => pattern("^[A-Za-z0-9_-]{1,15}$"),
        Kind::FirewallName => pattern("^[A-Za-z0-9_][A-Za-z0-9._-]{0,39}$"),
        Kind::InterfaceName => pattern("^[A-Za-z0-9_.:@-]{1,15}$"),
        Kind::FilePath => json!({ "type": "string", "minLength": 1 }),
        Kind::Note => json!({ "type": "string", "maxLength": MAX_NOTE }),
        Kind::Port => port(),
        Kind::PortRange => json!({ "anyOf": [port(), pattern(&format!("^{PORT}(-{PORT})?$"))] }),
        Kind::SourcePort => json!({ "anyOf": [port(), { "const": "ephemeral" }] }),
        Kind::Count => json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX }),
        Kind::Address => address(),
        Kind::Ipv4Address => json!({ "type": "string", "format": "ipv4" }),
        Kind::Network => network(),
        Kind::NetworkOrAny => json!({ "anyOf": [{ "const": "any" }, network()] }),
        Kind::Party => json!({ "anyOf": [{ "enum": ["self", "any"] }, network()] }),
        Kind::Word(words) => word(words),
        Kind::UserName => pattern("^[^\\x00-\\x1f\\x7f]+$"),
        Kind::KernelVersion => pattern("^[0-9]{1,3}\\.[0-9]{1,3}([^0-9].*)?$"),
        Kind::SysctlName => pattern("^[A-Za-z0-9_./:@-]+$"),
        Kind::ModuleName => pattern("^[A-Za-z0-9_-]+$"),
        Kind::Setting => json!({ "type": ["string", "integer"] }),
        Kind::RuleId => pattern("^FTP[0-9]{3}$"),
        Kind::Reason => pattern("\\S"),
        Kind::Mapping(fields) => mapping(fields, describe),
        Kind::Entries(key, value) => json!({
            "type": "object",
            "propertyNames": one(*key, describe),
            "additionalProperties": one(*value, describe),
        }),
    }
}

fn word(words: Words) -> Value {
    json!({ "enum": words.all() })
}
