//! What `diff` says.

use serde_json::{Value, json};

use super::{Lang, say};
use crate::packet::Packet;
use crate::report::document::Document;
use crate::report::escape::visible;
use crate::ruleset::difference::{Difference, Surplus};
use crate::ruleset::trace::Path;
use crate::ruleset::trace::spec::fields;

/// What two rule sets, by their names, let through differently.
#[must_use]
pub fn document(differences: &[Difference], names: &[String; 2], lang: Lang) -> Document {
    let mut document = Document::default();
    let mut equal = true;
    for difference in differences {
        for (index, surplus) in difference.only.iter().enumerate() {
            let Some(surplus) = surplus else { continue };
            equal = false;
            let (one, other) = (visible(&names[index]), visible(&names[1 - index]));
            let path = way(difference.path, lang);
            document.heading(
                2,
                say!(
                    lang,
                    "{path}: {one} lets through, {other} does not",
                    "{path}：{one} 放行，{other} 不放行"
                ),
            );
            document.list(parts(surplus, lang));
            if let Some(sample) = &surplus.sample {
                let sample = packet(difference.path, sample);
                document.paragraph(say!(lang, "For example: {sample}", "例如：{sample}"));
            }
        }
    }
    if equal {
        document.paragraph(say!(
            lang,
            "The rule sets let the same packets through.",
            "两个规则集放行的数据包完全相同。"
        ));
    }
    document
}

fn parts(surplus: &Surplus, lang: Lang) -> Vec<String> {
    let mut parts: Vec<String> = surplus.parts.iter().map(|part| visible(&part.to_string())).collect();
    if surplus.left_out > 0 {
        let count = surplus.left_out;
        parts.push(say!(lang, "and {count} more", "以及另外 {count} 项"));
    }
    parts
}

fn way(path: Path, lang: Lang) -> String {
    match path {
        Path::Input => say!(lang, "input", "入站（input）"),
        Path::Forward => say!(lang, "forward", "转发（forward）"),
        Path::Output => say!(lang, "output", "出站（output）"),
    }
}

/// A packet and its way as `trace --packet` takes them.
pub(super) fn packet(path: Path, packet: &Packet) -> String {
    let words = fields(path, packet).into_iter().map(|(name, value)| match value {
        Value::String(text) => format!("{name}={}", visible(&text)),
        number => format!("{name}={number}"),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The version of the JSON format.
const VERSION: u8 = 1;

/// The same for programs: an interface, with stable names. `docs/schema/diff.json` describes it.
#[must_use]
pub fn json(differences: &[Difference]) -> Value {
    let mut entries = Vec::new();
    for difference in differences {
        for (only, surplus) in ["a", "b"].into_iter().zip(&difference.only) {
            let Some(surplus) = surplus else { continue };
            entries.push(json!({
                "hook": difference.path.id(),
                "only": only,
                "packets": surplus.parts.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "more": surplus.left_out,
                "sample": surplus.sample.as_ref().map(|sample| fields(difference.path, sample)),
            }));
        }
    }
    json!({ "version": VERSION, "differences": entries })
}

/// Why two rule sets cannot be compared.
#[must_use]
pub fn too_complex(lang: Lang) -> String {
    say!(
        lang,
        "the rule sets are too complex to be compared: the sets of packets outgrew their budget",
        "规则集过于复杂，无法比较：数据包集合超出了预算"
    )
}
