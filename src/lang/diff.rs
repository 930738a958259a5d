//! What `diff` says.

use super::{Lang, say};
use crate::packet::Packet;
use crate::report::document::Document;
use crate::report::escape::visible;
use crate::ruleset::difference::{Difference, Surplus};
use crate::ruleset::trace::Path;

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
            let path = path(difference.path, lang);
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
                let sample = packet(sample);
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

fn path(path: Path, lang: Lang) -> String {
    match path {
        Path::Input => say!(lang, "input", "入站（input）"),
        Path::Forward => say!(lang, "forward", "转发（forward）"),
        Path::Output => say!(lang, "output", "出站（output）"),
    }
}

/// A packet as `trace --packet` takes it, without what is usual.
pub(super) fn packet(packet: &Packet) -> String {
    let mut words = vec![
        format!("proto={}", packet.payload.protocol()),
        format!("src={}", packet.source),
        format!("dst={}", packet.destination),
    ];
    if let Some((source_port, destination_port)) = packet.payload.ports() {
        words.push(format!("sport={source_port} dport={destination_port}"));
    }
    words.push(format!("state={}", packet.state.id()));
    for (field, name) in [("iif", &packet.in_interface), ("oif", &packet.out_interface)] {
        if !name.is_empty() {
            words.push(format!("{field}={}", visible(name)));
        }
    }
    words.join(" ")
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
