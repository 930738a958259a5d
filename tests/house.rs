//! The rules of the house, which no compiler checks: who may import whom, how long a file may be, and where
//! sentences live.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, ground floor first. A room imports only from those before it.
const ROOMS: [&str; 11] = [
    "packet",
    "ruleset",
    "dialect",
    "deployment",
    "flow",
    "explain",
    "audit",
    "probe",
    "report",
    "lang",
    "cli",
];

/// Lines that a file may have. Beyond that it is asking to be divided.
const LONGEST_FILE: usize = 600;

/// Files that may be longer, each with the reason.
const TABLES: [(&str, &str); 0] = [];

/// Places outside `src/lang` whose text is for programs, not for people, each with the reason.
const NOT_SENTENCES: [(&str, &str); 6] = [
    ("src/dialect/", "keywords of the firewalls' own languages"),
    ("src/flow/grant/", "comments in rule sets, by which tools know the rules again"),
    ("src/explain/settings/", "commands and labels of other programs, spelled as they spell them"),
    ("src/probe/respond/", "replies of FTP, which programs read"),
    ("src/probe/infer/words.rs", "what FTP servers say, to be recognised"),
    ("src/deployment/node.rs", "a message of the YAML parser, to be recognised"),
];

/// The text files below `folder` with one of these extensions, with their paths from the package's root.
fn files(folder: &str, extensions: &[&str]) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = vec![root.join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.expect("a directory entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extensions.iter().any(|one| extension == *one))
            {
                let name = path.strip_prefix(root).expect("below the root").display().to_string();
                found.push((name, fs::read_to_string(&path).expect("a text")));
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<(String, String)> {
    let sources = files("src", &["rs"]);
    assert!(sources.len() > 20, "the sources are where they are expected");
    sources
}

/// The room that a source file is in; `None` for `lib.rs` and `main.rs`.
fn room(name: &str) -> Option<usize> {
    let room = name.strip_prefix("src/")?.split(['/', '.']).next()?;
    ROOMS.iter().position(|one| *one == room)
}

#[test]
fn rooms_import_only_from_lower_floors() {
    let mut faults = Vec::new();
    for (name, text) in sources() {
        let Some(own) = room(&name) else { continue };
        for (number, line) in
            text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            for import in line.split("crate::").skip(1) {
                let target =
                    import.split(|character: char| !character.is_alphanumeric() && character != '_').next();
                match ROOMS.iter().position(|room| Some(*room) == target) {
                    Some(other) if other <= own => {}
                    Some(other) => faults.push(format!(
                        "{name}:{}: {} is above {}",
                        number + 1,
                        ROOMS[other],
                        ROOMS[own]
                    )),
                    None => faults.push(format!("{name}:{}: name the room: {}", number + 1, line.trim())),
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_are_short() {
    let mut faults = Vec::new();
    for (name, text) in sources().into_iter().chain(files("tests", &["rs"])).chain(files("benches", &["rs"]))
    {
        let table = TABLES.iter().any(|(table, _)| *table == name);
        let lines = text.lines().count();
        if table && lines <= LONGEST_FILE {
            faults.push(format!("{name} is short, and need not be excused"));
        } else if !table && lines > LONGEST_FILE {
            faults.push(format!("{name} has {lines} lines"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_file_depends_on_somebodys_home() {
    let homes = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/")];
    let folders = ["src", "tests", "benches", "rules", "docs", "snapshots"];
    let extensions = ["rs", "md", "yaml", "json", "snap", "toml"];
    let mut faults = Vec::new();
    for (name, text) in folders.into_iter().flat_map(|folder| files(folder, &extensions)) {
        for (number, line) in text.lines().enumerate() {
            if homes.iter().any(|home| line.contains(home)) {
                faults.push(format!("{name}:{}: {line}", number + 1));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn sentences_live_in_lang() {
    let sources = sources();
    let test_files: Vec<String> = sources.iter().flat_map(|(name, text)| test_files(name, text)).collect();
    let mut faults = Vec::new();
    for (name, text) in &sources {
        let elsewhere = NOT_SENTENCES.iter().any(|(place, _)| name.starts_with(place));
        if name.starts_with("src/lang/") || elsewhere || test_files.contains(name) {
            continue;
        }
        for literal in literals(without_tests(text)) {
            if is_sentence(&literal) {
                faults.push(format!("{name}: {literal:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The files of modules that `text` declares for tests only.
fn test_files(name: &str, text: &str) -> Vec<String> {
    let folder = name.trim_end_matches("mod.rs").trim_end_matches("lib.rs").trim_end_matches(".rs");
    let declarations =
        text.split("#[cfg(test)]\n").skip(1).filter_map(|after| after.lines().next()?.strip_suffix(';'));
    declarations
        .filter_map(|declaration| declaration.split_once("mod "))
        .map(|(_, module)| format!("{}/{module}.rs", folder.trim_end_matches('/')))
        .collect()
}

/// A source without the module of tests at its end, whose messages are for us.
fn without_tests(text: &str) -> &str {
    let opens = |at: &usize| text[*at..].lines().nth(1).is_some_and(|line| line.ends_with('{'));
    let tests = text.match_indices("#[cfg(test)]").map(|(at, _)| at).find(opens);
    &text[..tests.unwrap_or(text.len())]
}

/// Whether three words of plain English stand side by side.
fn is_sentence(text: &str) -> bool {
    let word = |token: &str| {
        let token = token.trim_end_matches([',', '.', ';', ':']);
        token.len() > 1 && token.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    let tokens: Vec<&str> = text.split_whitespace().collect();
    tokens.windows(3).any(|three| three.iter().copied().all(word))
}

/// The string literals of Rust code, without those of `expect`, which are about bugs and never seen.
fn literals(code: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let (before, here) = rest.split_at(at);
        if here.starts_with("//") {
            rest = here.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(text) = here.strip_prefix('"') {
            let hashes = before.len() - before.trim_end_matches('#').len();
            let raw = before.trim_end_matches('#').ends_with('r');
            let (literal, after) = if raw { raw_literal(text, hashes) } else { literal(text) };
            if !before.ends_with("expect(") {
                literals.push(literal.to_owned());
            }
            rest = after;
        } else if here.starts_with('\'') {
            // A character, which may be a quote; otherwise a lifetime.
            let characters: Vec<char> = here.chars().take(4).collect();
            let length = match characters.as_slice() {
                ['\'', '\\', _, '\''] => 4,
                ['\'', character, '\'', ..] => 2 + character.len_utf8(),
                _ => 1,
            };
            rest = &here[length..];
        } else {
            rest = &here[1..];
        }
    }
    literals
}

/// Divides after the quote that ends an ordinary literal.
fn literal(text: &str) -> (&str, &str) {
    let mut escaped = false;
    for (index, character) in text.char_indices() {
        if character == '"' && !escaped {
            return (&text[..index], &text[index + 1..]);
        }
        escaped = character == '\\' && !escaped;
    }
    (text, "")
}

/// Divides after the quote and hashes that end a raw literal.
fn raw_literal(text: &str, hashes: usize) -> (&str, &str) {
    text.split_once(&format!("\"{}", "#".repeat(hashes))).unwrap_or((text, ""))
}

#[test]
fn literals_are_found_where_they_are() {
    let code = concat!(
        r#"f('"', "one \" two"); // "not this""#,
        "\nlet x: &'a str = r#\"raw \"text\"\"#; y.expect(\"not this\"); '\\''; \"last\"",
    );
    assert_eq!(literals(code), ["one \\\" two", "raw \"text\"", "last"]);
    assert!(is_sentence("Say this, and that"));
    assert!(!is_sentence("table inet ftpfw-%s {"));
}
