//! The rule sets that a command is about: files, and what they include.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::{Console, Failure};
use crate::dialect::Format;
use crate::dialect::collection::{Collection, Text, read};
use crate::dialect::reading::Problem;
use crate::lang;

/// Reads the rule sets in `paths`, `-` being standard input, and says what is not understood of them.
pub(super) fn load(
    paths: &[PathBuf],
    from: Option<Format>,
    console: &mut Console,
) -> Result<Collection, Failure> {
    load_and_say(paths, from, |_, _| true, console)
}

/// The same, and of what is not understood only that is said which is to be `shown`.
pub(super) fn load_and_say(
    paths: &[PathBuf],
    from: Option<Format>,
    shown: impl Fn(&Problem, &Collection) -> bool,
    console: &mut Console,
) -> Result<Collection, Failure> {
    let mut texts = Vec::new();
    for path in paths {
        let text = text(path)?;
        let Some(format) = from.or_else(|| Format::recognize(&text.name, &text.content)) else {
            return Err(Failure::UnknownFormat(path.clone()));
        };
        texts.push((text, format));
    }
    let collection = read(texts, &mut |pattern| find(pattern));
    let complaints = lang::reading::report_those(
        &collection,
        |problem| shown(problem, &collection),
        console.lang(),
        console.colors_messages(),
    );
    if !complaints.is_empty() {
        console.note(&complaints);
    }
    for text in collection.empty.iter().filter_map(|&index| collection.texts.get(index)) {
        console.note(&lang::reading::empty(&text.name, console.lang()));
    }
    Ok(collection)
}

fn text(path: &Path) -> Result<Text, Failure> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    let bytes = bytes.map_err(|source| Failure::Read { path: path.to_owned(), source })?;
    // Comments come in all encodings; rules do not.
    let content = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Text { name: path.display().to_string(), content })
}

/// The files that a rule set names. A star stands for any part of the last component of a path, as in nft's
/// `include "/etc/nftables.d/*.nft"`; such files come in alphabetical order.
fn find(pattern: &str) -> Option<Vec<Text>> {
    let path = Path::new(pattern);
    let name = path.file_name()?.to_str()?;
    let Some((start, end)) = name.split_once('*') else {
        return text(path).ok().map(|text| vec![text]);
    };
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        })
        .collect();
    paths.sort();
    Some(paths.iter().filter_map(|path| text(path).ok()).collect())
}
