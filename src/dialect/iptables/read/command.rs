//! What a command does, beside the rule that it speaks of.

use super::problem::{Expected, Problem};
use super::rule::{Argument, Draft};
use super::target::Marks;
use crate::packet::Family;
use crate::ruleset::{Match, Rule};

/// A command, as far as it was understood.
pub(super) struct Command<'w> {
    /// What is done.
    pub(super) verb: Verb<'w>,
    /// The chain that it is done to.
    pub(super) chain: Option<Argument<'w>>,
    /// The table, where the command names one.
    pub(super) table: Option<Argument<'w>>,
    /// The only family that the command is for (`-4`, `-6`).
    pub(super) only: Option<Family>,
    /// The chain that the rule jumps to.
    pub(super) jump: Option<Argument<'w>>,
    /// The marks that the rule sets to what is not a constant.
    pub(super) unknown_marks: Marks,
    /// The rule, without its origin.
    pub(super) rule: Rule,
    /// What has to hold for the command to run at all.
    pub(super) guards: Vec<Match>,
}

/// What a command does. Rules are counted from 1.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verb<'w> {
    /// Nothing that changes a rule: it lists, or sets counters to zero.
    Nothing,
    /// Adds a rule at the end.
    Append,
    /// Adds a rule before the one of this number.
    Insert(usize),
    /// Removes the rule of this number, or the first that is like the command's.
    Delete(Option<usize>),
    /// Puts a rule in the place of another.
    Replace(usize),
    /// Only says whether there is such a rule.
    Check,
    /// Makes a chain.
    New,
    /// Removes a chain, or all that are not built in.
    Remove,
    /// Removes the rules of a chain, or of all.
    Flush,
    /// Sets the policy.
    Policy(Argument<'w>),
    /// Gives a chain another name.
    Rename(Argument<'w>),
}

/// The long options, and the short forms that they are read as.
pub(super) const LONG: &[(&str, &str)] = &[
    ("append", "-A"),
    ("check", "-C"),
    ("delete", "-D"),
    ("delete-chain", "-X"),
    ("destination", "-d"),
    ("dst", "-d"),
    ("exact", "-x"),
    ("flush", "-F"),
    ("fragment", "-f"),
    ("fragments", "-f"),
    ("goto", "-g"),
    ("in-interface", "-i"),
    ("insert", "-I"),
    ("ipv4", "-4"),
    ("ipv6", "-6"),
    ("jump", "-j"),
    ("line-numbers", "-n"),
    ("list", "-L"),
    ("list-rules", "-S"),
    ("match", "-m"),
    ("modprobe", "-M"),
    ("new-chain", "-N"),
    ("numeric", "-n"),
    ("out-interface", "-o"),
    ("policy", "-P"),
    ("proto", "-p"),
    ("protocol", "-p"),
    ("rename-chain", "-E"),
    ("replace", "-R"),
    ("set-counters", "-c"),
    ("source", "-s"),
    ("src", "-s"),
    ("table", "-t"),
    ("verbose", "-v"),
    ("wait", "-w"),
    ("wait-interval", "-W"),
    ("zero", "-Z"),
];

impl<'w> Draft<'w, '_, '_> {
    /// The options that say what is done, and to what.
    pub(super) fn administrative(&mut self, name: &str) -> bool {
        match name {
            "-A" => self.act(Verb::Append),
            "-C" => self.act(Verb::Check),
            "-I" => {
                self.chain = self.argument();
                let number = self.optional_number().map(|number| self.number(number));
                self.verb = Verb::Insert(number.unwrap_or(1));
            }
            "-D" => {
                self.chain = self.argument();
                let number = self.optional_number().map(|number| self.number(number));
                self.verb = Verb::Delete(number);
            }
            "-R" => {
                self.chain = self.argument();
                if let Some(number) = self.argument() {
                    self.verb = Verb::Replace(self.number(number));
                }
            }
            "-N" => self.act(Verb::New),
            "-P" => {
                self.chain = self.argument();
                if let Some(policy) = self.argument() {
                    self.verb = Verb::Policy(policy);
                }
            }
            "-E" => {
                self.chain = self.argument();
                if let Some(new) = self.argument() {
                    self.verb = Verb::Rename(new);
                }
            }
            "-F" => self.act_on_all(Verb::Flush),
            "-X" => self.act_on_all(Verb::Remove),
            "-Z" | "-L" | "-S" => {
                self.act_on_all(Verb::Nothing);
                self.optional_number();
            }
            "-t" => self.table = self.argument(),
            "-c" => {
                // Packets and bytes.
                if !self.argument().is_some_and(|packets| packets.text.contains(',')) {
                    self.argument();
                }
            }
            "-4" => self.only = Some(Family::Ipv4),
            "-6" => self.only = Some(Family::Ipv6),
            "-M" | "-W" => drop(self.argument()),
            "-w" => drop(self.optional_number()),
            // They only change what is printed, and may be joined.
            "-n" | "-v" | "-x" | "-h" | "-V" => self.joined(),
            _ => return false,
        }
        true
    }

    fn act(&mut self, verb: Verb<'w>) {
        self.chain = self.argument();
        self.verb = verb;
    }

    fn act_on_all(&mut self, verb: Verb<'w>) {
        self.chain = self.optional_argument();
        self.verb = verb;
    }

    fn number(&mut self, argument: Argument<'w>) -> usize {
        argument.text.parse().unwrap_or_else(|_| {
            if argument.known {
                let (option, found) = ("-I".to_owned(), argument.text.to_owned());
                let problem = Problem::Argument { option, found, expected: Expected::RuleNumber };
                self.log.report(argument.origin, problem);
            }
            0
        })
    }
}
