//! Which language a run speaks, and when it colours.

use crate::runner::{ftpfw, has_chinese, run};

/// Whether a run with these variables speaks Chinese.
fn is_chinese(arguments: &str, variables: &[(&str, &str)]) -> bool {
    has_chinese(&run(ftpfw(arguments).envs(variables.iter().copied())).stdout)
}

#[test]
fn the_locale_decides_as_posix_says() {
    assert!(!is_chinese("--help", &[]));
    assert!(is_chinese("--help", &[("LANG", "zh_CN.UTF-8")]));
    assert!(is_chinese("--help", &[("LANG", "C"), ("LC_MESSAGES", "zh_CN.UTF-8")]));
    assert!(!is_chinese("--help", &[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")]));
    // A variable that is set to nothing is not set.
    assert!(is_chinese("--help", &[("LANG", "zh_CN.UTF-8"), ("LC_ALL", ""), ("LC_MESSAGES", "")]));
}

#[test]
fn the_option_outdoes_the_locale() {
    assert!(is_chinese("--help --lang zh", &[("LC_ALL", "en_US.UTF-8")]));
    assert!(is_chinese("--lang=zh --help", &[]));
    assert!(!is_chinese("--help --lang en", &[("LC_ALL", "zh_CN.UTF-8")]));
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let colored = |arguments: &str| run(&mut ftpfw(arguments)).stdout.contains('\u{1b}');
    assert!(!colored("--help"));
    assert!(!colored("--help --color never"));
    assert!(colored("--help --color always"));
    let refused = run(ftpfw("--help --color always").env("NO_COLOR", "1"));
    assert!(refused.stdout.contains('\u{1b}'), "the option outdoes the environment");
}
