//! The command line as its users meet it: the program itself, in an environment without surprises.

mod audit;
mod commands;
mod completions;
mod diff;
mod explain;
mod files;
mod generate;
mod help;
mod language;
mod output;
mod probe;
mod readme;
mod runner;
mod said_once;
mod trace;
mod usage;
