//! The rule sets that a command is about: files, and what they include.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Console, Failure};
use crate::dialect::Format;
use crate::dialect::collection::{Collection, Text, read};
use crate::dialect::reading::Problem;
use crate::lang;

/// The longest rule set that is read: some five million rules of iptables.
const MOST_BYTES: u64 = 256 << 20;

/// How files begin that gzip, bzip2, xz and zstd have written.
const COMPRESSED: [&[u8]; 4] = [b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"];
/// The byte order marks of UTF-16, by which Windows PowerShell begins what it redirects to a file.
const UTF_16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

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
    let bytes =
        if path == Path::new("-") { bytes(io::stdin().lock()) } else { File::open(path).and_then(bytes) };
    let bytes = bytes.map_err(|source| Failure::Read { path: path.to_owned(), source })?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::TooLarge { path: path.to_owned(), most: MOST_BYTES });
    }
    if COMPRESSED.iter().any(|magic| bytes.starts_with(magic)) {
        return Err(Failure::Compressed(path.to_owned()));
    }
    if UTF_16.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(Failure::Utf16(path.to_owned()));
    }
    // Comments come in all encodings; rules do not.
    let content = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Ok(Text { name: path.display().to_string(), content })
}

/// All that there is, or more than is accepted, so that the excess is seen however much of it there is.
fn bytes(file: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
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
