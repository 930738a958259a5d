//! Files that are written: whole, or not at all.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::runner::{ftpfw, ftpfw_after, printed, run};

const GENERATE: &str = "generate rules/demo/ftpfw.yaml";

/// Lets no file grow beyond nothing. The signal that goes with that is ignored, so that writing fails as on a full disk.
const NO_SPACE: &str = "trap '' XFSZ; ulimit -f 0";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

#[test]
fn init_writes_a_file_that_is_not_there() {
    let folder = folder();
    let path = folder.path().join("ftpfw.yaml");
    let written = run(&mut ftpfw(&format!("init -o {}", path.display())));
    assert_eq!((written.code, written.stdout.as_str(), written.stderr.as_str()), (Some(0), "", ""));
    assert_eq!(fs::read_to_string(&path).expect("a file"), printed("init"));
}

#[test]
fn init_overwrites_nothing() {
    let folder = folder();
    let path = folder.path().join("ftpfw.yaml");
    fs::write(&path, "mine").expect("a file");
    let refused = run(&mut ftpfw(&format!("init -o {}", path.display())));
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("exists already"), "{}", refused.stderr);
    let refused = run(&mut ftpfw(&format!("init --lang zh -o {}", path.display())));
    assert!(refused.stderr.contains("已经存在"), "{}", refused.stderr);
    assert_eq!(fs::read_to_string(&path).expect("a file"), "mine");
}

#[test]
fn init_leaves_no_half_file() {
    let folder = folder();
    let path = folder.path().join("ftpfw.yaml");
    let failed = run(&mut ftpfw_after(NO_SPACE, &format!("init -o {}", path.display())));
    assert_eq!(failed.code, Some(2), "{}", failed.stderr);
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn generate_writes_what_it_would_print() {
    let folder = folder();
    let target = folder.path().join("new/folder");
    let written = run(&mut ftpfw(&format!("{GENERATE} -o {}", target.display())));
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), ""), "{}", written.stderr);
    let printed = run(&mut ftpfw(GENERATE)).stdout;
    let names = names(&target);
    assert!(!names.is_empty());
    for name in names {
        let text = fs::read_to_string(target.join(&name)).expect("a file");
        assert!(text.starts_with(&format!("# {name}\n")), "{name}: {text}");
        assert!(printed.contains(&text), "{name}");
    }
}

#[test]
fn a_written_file_has_the_permissions_that_the_mask_leaves() {
    let folder = folder();
    let written = run(&mut ftpfw_after("umask 027", &format!("{GENERATE} -o {}", folder.path().display())));
    assert_eq!(written.code, Some(0), "{}", written.stderr);
    for name in names(folder.path()) {
        let mode = fs::metadata(folder.path().join(&name)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o640, "{name}");
    }
}

#[test]
fn generate_replaces_files_whole_or_not_at_all() {
    let folder = folder();
    let command = format!("{GENERATE} -o {}", folder.path().display());
    assert_eq!(run(&mut ftpfw(&command)).code, Some(0));
    let names_before = names(folder.path());
    let read = |name: &String| fs::read_to_string(folder.path().join(name)).expect("a file");
    for name in &names_before {
        fs::write(folder.path().join(name), "old").expect("a file");
    }

    let failed = run(&mut ftpfw_after(NO_SPACE, &command));
    assert_eq!(failed.code, Some(2));
    assert!(names_before.iter().any(|name| failed.stderr.contains(name)), "{}", failed.stderr);
    assert!(names_before.iter().all(|name| read(name) == "old"));
    assert_eq!(names(folder.path()), names_before, "nothing temporary is left");

    assert_eq!(run(&mut ftpfw(&command)).code, Some(0));
    assert!(names_before.iter().all(|name| read(name) != "old"));
}

#[test]
fn generate_says_which_file_it_cannot_write() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    let failed = run(&mut ftpfw(&format!("{GENERATE} -o {}", file.display())));
    assert_eq!(failed.code, Some(2));
    assert!(failed.stderr.contains(&file.display().to_string()), "{}", failed.stderr);
}

/// Reads `content` as a rule set, and tells in both languages why it is none.
fn refused(content: &[u8], words: [&str; 2]) {
    let folder = folder();
    let path = folder.path().join("rules.v4");
    fs::write(&path, content).expect("a file");
    for (lang, words) in ["en", "zh"].into_iter().zip(words) {
        let command = format!("--lang {lang} diff {0} {0} --from iptables", path.display());
        let refused = run(&mut ftpfw(&command));
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{}", refused.stderr);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
}

#[test]
fn what_no_firewall_reads_is_named() {
    let rules = "*filter\n:INPUT DROP [0:0]\nCOMMIT\n";
    let utf_16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(rules.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    refused(&utf_16, ["UTF-16", "UTF-16"]);
    refused(b"\x1f\x8b\x08\x00", ["is compressed", "压缩"]);
}

#[test]
fn a_file_without_an_end_is_not_read_for_ever() {
    for lang in ["en", "zh"] {
        let endless = run(&mut ftpfw(&format!("--lang {lang} diff /dev/zero /dev/zero --from iptables")));
        assert_eq!(endless.code, Some(2));
        assert!(endless.stderr.contains("256 MiB"), "{}", endless.stderr);
    }
}
