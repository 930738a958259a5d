//! Every input of the fuzz corpus, and inputs that are made to be too much, in the ordinary test run.

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "a library there, a module here")]
mod targets;

mod hostile;
mod measure;

use std::fs;
use std::path::{Path, PathBuf};

use measure::allocated;

/// What a small input may allocate: two readings, the messages in two languages, the sets of packets.
const CONSTANT: usize = 64 << 20;

/// What each byte of an input may allocate beside that.
const FACTOR: usize = 4096;

fn corpus(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let entries = fs::read_dir(folder).expect("a corpus");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

#[test]
fn the_corpus_is_read() {
    for (name, target) in targets::TARGETS {
        let files = corpus(name);
        assert!(!files.is_empty(), "{name} has a corpus");
        for file in files {
            let data = fs::read(&file).expect("a file");
            let bytes = allocated(|| target(&data));
            assert!(bytes < CONSTANT + FACTOR * data.len(), "{bytes} bytes for {}", file.display());
        }
    }
}

/// A file for each target, and a target for each file: `cargo fuzz` finds both by their names.
#[test]
fn every_target_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("a manifest");
    for (name, _) in targets::TARGETS {
        let source = fs::read_to_string(root.join(format!("fuzz_targets/{name}.rs"))).expect("a target");
        assert!(source.contains(&format!("ftpfw_fuzz::{name}(data)")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), targets::TARGETS.len());
}
