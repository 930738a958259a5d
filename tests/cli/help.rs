//! Help pages and manual pages: complete in both languages.

use std::fmt::Write as _;

use ftpfw::cli::command;
use ftpfw::lang::Lang;

use crate::runner::{assert_snapshot, english_lines, has_chinese, printed};

fn commands(lang: Lang) -> Vec<clap::Command> {
    let program = command(lang, 100);
    std::iter::once(program.clone()).chain(program.get_subcommands().cloned()).collect()
}

/// Demands that a text is there and in `lang`.
fn check(text: Option<String>, what: &str, lang: Lang) {
    let text = text.unwrap_or_default();
    assert!(!text.is_empty(), "{what} has no help in {}", lang.id());
    assert_eq!(has_chinese(&text), lang == Lang::Zh, "{what} in {}: {text}", lang.id());
}

#[test]
fn every_command_and_argument_has_help_in_every_language() {
    for lang in Lang::ALL {
        for command in commands(lang) {
            let name = command.get_name();
            check(command.get_about().map(ToString::to_string), name, lang);
            for argument in command.get_arguments() {
                check(argument.get_help().map(ToString::to_string), &format!("{name}: {argument}"), lang);
            }
        }
    }
}

#[test]
fn pages_speak_one_language() {
    for lang in Lang::ALL {
        let mut pages = String::new();
        for command in commands(lang) {
            let name = if command.get_name() == "ftpfw" { "" } else { command.get_name() };
            let page = printed(&format!("{name} --help --lang {}", lang.id()));
            assert_eq!(page, printed(&format!("help {name} --lang {}", lang.id())));
            assert!(page.lines().all(|line| ftpfw::report::wrap::columns(line) <= 100), "{page}");
            let _ = writeln!(pages, "$ ftpfw help {name}\n{page}");
        }
        match lang {
            Lang::En => assert!(!has_chinese(&pages), "{pages}"),
            Lang::Zh => assert_eq!(english_lines(&pages.replace("$ ftpfw help", "")), Vec::<&str>::new()),
        }
        assert_snapshot(&format!("cli__help__{}", lang.id()), &pages);
    }
}

#[test]
fn manual_pages_speak_one_language() {
    for command in commands(Lang::Zh) {
        let name = if command.get_name() == "ftpfw" { "" } else { command.get_name() };
        let english = printed(&format!("man {name} --lang en"));
        assert!(english.contains(".SH NAME") && !has_chinese(&english), "{english}");
        let chinese = printed(&format!("man {name} --lang zh"));
        assert!(chinese.contains(".SH 名称"), "{chinese}");
        assert_eq!(english_lines(&chinese), Vec::<&str>::new());
    }
}
