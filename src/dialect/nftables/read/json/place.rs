//! Where in a text the objects of the list are.

use crate::ruleset::Origin;

/// The places of the objects in the array of the outermost object, and that of the whole text.
///
/// One that the text breaks off is as long as the text.
pub(super) fn objects(text: &str, number: u32) -> (Vec<Origin>, Origin) {
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let mut found = Vec::new();
    let (mut depth, mut line) = (0_usize, 1_u32);
    let mut quoted = false;
    let mut escaped = false;
    let mut open: Option<(usize, u32)> = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\n' => line += 1,
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                if depth == 2 {
                    open = Some((at, line));
                }
                depth += 1;
            }
            b'}' | b']' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 2
                    && let Some((start, line)) = open.take()
                {
                    found.push(Origin { text: number, line, start: place(start), end: place(at + 1) });
                }
            }
            _ => {}
        }
    }
    if let Some((start, line)) = open {
        found.push(Origin { text: number, line, start: place(start), end: place(text.len()) });
    }
    (found, Origin { text: number, line: 1, start: 0, end: place(text.len()) })
}
