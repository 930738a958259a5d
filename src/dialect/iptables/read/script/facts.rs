//! What a script sets of the machine beside its rules: modules, and the kernel's settings.

use super::Script;
use super::expand::{Unknowns, Value};
use crate::dialect::host::{assignment, insmod_command, modprobe_command};
use crate::dialect::iptables::read::rule;
use crate::dialect::iptables::read::word::Word;
use crate::ruleset::{Host, Match, Origin};

/// What the tools around iptables call the list of modules to load: the init script of Red Hat, and ufw.
const MODULE_LISTS: [&str; 3] = ["IPTABLES_MODULES", "IP6TABLES_MODULES", "IPT_MODULES"];

impl Script<'_> {
    /// Notes the modules that a variable lists.
    pub(super) fn modules_variable(&mut self, name: &str, value: &Value, origin: Origin) {
        if MODULE_LISTS.contains(&name) {
            let mut facts = Host::default();
            for module in value.text.split_whitespace() {
                facts.load_module(module, Some(origin));
            }
            self.take(facts, value.known, None);
        }
    }

    /// Notes what a command sets, if it is one of those that do.
    pub(super) fn note_facts(&mut self, words: &[Word<'_>], origin: Origin, guard: Option<&(Match, Origin)>) {
        let program = |word: &Word<'_>| word.text.rsplit('/').next().unwrap_or_default().to_owned();
        let Some(at) = words.iter().position(|word| !matches!(&*program(word), "sudo" | "doas" | "exec"))
        else {
            return;
        };
        let arguments: Vec<&str> = words[at + 1..].iter().map(|word| &*word.text).collect();
        let mut facts = Host::default();
        let mut known = words.iter().all(|word| word.known);
        match program(&words[at]).as_str() {
            "modprobe" => modprobe_command(&arguments, origin, &mut facts),
            "insmod" => insmod_command(&arguments, origin, &mut facts),
            "sysctl" => {
                for setting in arguments {
                    assignment(setting, origin, &mut facts);
                }
            }
            "echo" => {
                let Some(file) = self.output(origin) else { return };
                let Some(name) = file.text.strip_prefix("/proc/sys/") else { return };
                let value: Vec<&str> = arguments.into_iter().filter(|word| *word != "-n").collect();
                assignment(&format!("{}={}", name.replace('=', " "), value.join(" ")), origin, &mut facts);
                known &= file.known;
            }
            _ => return,
        }
        self.take(facts, known, guard);
    }

    /// The file that the output of the command at `origin` goes to.
    fn output(&self, origin: Origin) -> Option<Value> {
        let rest = self.text.get(origin.end as usize..)?;
        let end = self
            .tokens
            .get(self.at)
            .map_or(rest.len(), |token| token.origin.start.saturating_sub(origin.end) as usize);
        let file = rest.get(..end)?.trim().strip_prefix('>')?.trim_start_matches(['>', '|']).trim();
        let (mut words, mut unknowns) = (Vec::new(), Unknowns::new());
        self.variables.expand(file, origin, &mut words, &mut unknowns);
        let word = words.into_iter().next()?;
        Some(Value { text: word.text.into_owned(), known: word.known })
    }

    /// Takes over what a command sets. Where it may not run, or what it sets is not known, what it would set is not
    /// known any more.
    fn take(&mut self, facts: Host, known: bool, guard: Option<&(Match, Origin)>) {
        let mut guards = self.blocks.iter().flat_map(|block| &block.guards).chain(guard).peekable();
        if guards.peek().is_none() && known {
            self.host.merge(facts);
        } else if guards.all(|(condition, _)| *condition != rule::NEVER) {
            for name in facts.sysctls.keys() {
                self.host.sysctls.remove(name);
            }
            for name in facts.module_parameters.keys() {
                self.host.module_parameters.remove(name);
            }
        }
    }
}
