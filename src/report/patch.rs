//! Changes of files as `patch` and `git apply` take them.

use similar::TextDiff;

use crate::dialect::collection::Text;

/// The unified diff between texts before and after, which are the same ones in the same order; empty where nothing
/// changed. Paths are those of the texts, for `patch -p1`.
#[must_use]
pub fn unified(before: &[Text], after: &[Text]) -> String {
    let mut patch = String::new();
    for (before, after) in before.iter().zip(after).filter(|(before, after)| before != after) {
        let name = before.name.trim_start_matches("./").trim_start_matches('/');
        let difference = TextDiff::from_lines(&before.content, &after.content);
        let (old, new) = (format!("a/{name}"), format!("b/{name}"));
        patch += &difference.unified_diff().header(&old, &new).to_string();
    }
    patch
}
