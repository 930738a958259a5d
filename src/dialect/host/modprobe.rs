//! Files of `modprobe.d`, lists of modules, what `lsmod` prints, and the commands that load modules.

use super::{Problem, lines, reading};
use crate::dialect::reading::Reading;
use crate::ruleset::{Host, Origin};

/// Reads a file of `modprobe.d` (modprobe.d(5)), a list of modules such as `/etc/modules` (modules-load.d(5)), or the
/// output of `lsmod`, which alone names every module that is loaded.
#[must_use]
pub fn read(text: &str, number: u32) -> Reading {
    let mut host = Host::default();
    let mut problems = Vec::new();
    for (line, origin) in lines(text, number, true) {
        let words = line.split_whitespace().map(|word| word.trim_end_matches('\\'));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            ["Module", "Size", "Used", "by"] => host.all_modules = true,
            [module, size, users, ..]
                if host.all_modules && is_name(module) && is_number(size) && is_number(users) =>
            {
                host.load_module(module, Some(origin));
            }
            ["options", module, settings @ ..] if is_name(module) => {
                parameters(module, settings, origin, &mut host);
            }
            // The shell command of an `install` line is carried out when the module is wanted; `modprobe` in it may
            // have parameters.
            ["install", _, command @ ..] => {
                let mut words = command.iter().skip_while(|word| !word.ends_with("modprobe"));
                if words.next().is_some() {
                    let arguments = words.filter(|word| !word.starts_with('-'));
                    let arguments: Vec<&str> =
                        arguments.take_while(|word| is_argument(word)).copied().collect();
                    if let Some((module, settings)) = arguments.split_first() {
                        parameters(module, settings, origin, &mut host);
                    }
                }
            }
            // They say what would be loaded with another module, or instead of it, and not that it is.
            ["softdep" | "weakdep" | "alias" | "blacklist" | "remove" | "config" | "include", _, ..] => {}
            [module, settings @ ..] if is_name(module) && settings.iter().all(|word| word.contains('=')) => {
                load(module, settings, origin, &mut host);
            }
            _ => problems.push((origin, Problem::Modprobe(line.to_owned()))),
        }
    }
    reading(host, problems)
}

/// Notes what the command `modprobe` with these arguments loads (modprobe(8)).
pub(in crate::dialect) fn command(arguments: &[&str], origin: Origin, host: &mut Host) {
    let options = || arguments.iter().filter(|word| word.starts_with('-'));
    let only_asks =
        ["--remove", "--dry-run", "--show", "--list", "--version", "--show-depends", "--resolve-alias"];
    let short =
        |word: &&&str| !word.starts_with("--") && word.contains(['r', 'n', 'D', 'R', 'c', 'V', 'l', 't']);
    if options().any(|word| only_asks.contains(word)) || options().any(|word| short(&word)) {
        return;
    }
    let names: Vec<&str> = arguments.iter().filter(|word| !word.starts_with('-')).copied().collect();
    let all = options().any(|word| *word == "--all" || (!word.starts_with("--") && word.contains('a')));
    match names.as_slice() {
        modules if all => {
            for module in modules.iter().filter(|module| is_name(module)) {
                host.load_module(module, Some(origin));
            }
        }
        [module, settings @ ..] if is_name(module) => load(module, settings, origin, host),
        _ => {}
    }
}

/// Notes what the command `insmod` with these arguments loads: the file of a module (insmod(8)).
pub(in crate::dialect) fn insmod_command(arguments: &[&str], origin: Origin, host: &mut Host) {
    let Some((file, settings)) = arguments.split_first() else { return };
    let module = file.rsplit('/').next().unwrap_or(file).split('.').next().unwrap_or_default();
    if is_name(module) {
        load(module, settings, origin, host);
    }
}

fn load(module: &str, settings: &[&str], origin: Origin, host: &mut Host) {
    host.load_module(module, Some(origin));
    parameters(module, settings, origin, host);
}

fn parameters(module: &str, settings: &[&str], origin: Origin, host: &mut Host) {
    for setting in settings {
        // A switch may stand without a value, and is on then.
        let (name, value) = setting.split_once('=').unwrap_or((setting, "1"));
        host.set_parameter(module, name, value.trim_matches('"'), Some(origin));
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a word of a shell command still belongs to it.
fn is_argument(text: &str) -> bool {
    !text.starts_with(['&', '|', ';', '>', '<', '$'])
}
