//! Outputs that do not take everything.

use std::fs::File;

use crate::runner::{ftpfw, run};

const PRINTING: [&str; 5] = ["--help", "help explain", "schema", "man", "demo"];

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for arguments in PRINTING {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let run = run(ftpfw(arguments).stdout(writer));
        assert_eq!(run.code, Some(0), "{arguments}: {}", run.stderr);
        assert!(!run.stderr.contains("error"), "{arguments}: {}", run.stderr);
    }
}

#[test]
fn a_full_disk_is_a_failure() {
    for arguments in PRINTING {
        let full = || File::options().write(true).open("/dev/full").expect("a full device");
        let english = run(ftpfw(arguments).stdout(full()));
        assert_eq!(english.code, Some(2), "{arguments}");
        let message = "error: cannot write to standard output: no space is left on the device\n";
        assert!(english.stderr.ends_with(message), "{arguments}: {}", english.stderr);
        let chinese = run(ftpfw(arguments).arg("--lang=zh").stdout(full()));
        let message = "错误：无法写入标准输出：设备上没有剩余空间\n";
        assert!(chinese.stderr.ends_with(message), "{arguments}: {}", chinese.stderr);
    }
}
