//! Scripts: the rules that are read of one are those that a shell loads when it runs it.

use std::fs;
use std::path::Path;

use ftpfw::dialect::Format;
use ftpfw::dialect::collection::{Text, read};
use ftpfw::packet::State;
use ftpfw::ruleset::Ruleset;
use ftpfw::ruleset::difference::{Difference, differences};

use crate::command::run;
use crate::namespace::Namespace;
use crate::require::require;

/// The scripts, and what they are called with.
const SCRIPTS: [(&str, &str); 2] = [("functions.sh", ""), ("init.sh", "start")];

#[test]
fn what_a_script_does_is_what_is_read_of_it() {
    require();
    for (name, argument) in SCRIPTS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/scripts").join(name);
        let namespace = Namespace::new("scripts");
        let mut shell = namespace.command("bash");
        run(shell.arg(&path).args(argument.split_whitespace()));
        let saved = ruleset("rules.v4", run(&mut namespace.command("iptables-save")));
        let script = ruleset(name, fs::read_to_string(&path).expect("a script"));
        let found = differences(&script, &saved, State::New).expect("few rules");
        let is_same = |found: &Difference| found.only.iter().all(Option::is_none);
        assert!(found.iter().all(is_same), "{name}: {found:#?}");
        let rules = saved.chains.iter().map(|chain| chain.rules.len()).sum::<usize>();
        assert!(rules > 5, "{name}: {rules}");
    }
}

fn ruleset(name: &str, content: String) -> Ruleset {
    let format = Format::recognize(name, &content).expect("a format");
    read(vec![(Text { name: name.to_owned(), content }, format)], &mut |_| None).ruleset
}
