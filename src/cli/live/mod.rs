//! `--live`: the rules that are in force on this machine, and its settings. Everything is read, nothing changed, and no
//! kernel module is loaded.

mod linux;
mod nft;
mod pf;
mod program;
mod settings;

use super::{Console, Failure};
use crate::dialect::Format;
use crate::dialect::collection::{Collection, Text, read};
use crate::lang;
use crate::lang::live::Trouble;

/// What was read of this machine.
#[derive(Default)]
struct Live {
    texts: Vec<(Text, Format)>,
    /// Whether rules were asked for and given, be it that there are none.
    answered: bool,
    /// What could not be read that may hold rules.
    troubles: Vec<Trouble>,
}

impl Live {
    fn add(&mut self, name: &str, content: String, format: Format) {
        self.texts.push((Text { name: name.to_owned(), content }, format));
    }
}

/// Reads what is in force here, and says what of it could not be read. Also whether that was nothing.
pub(super) fn load(console: &mut Console) -> Result<(Collection, bool), Failure> {
    let mut live = Live::default();
    if std::env::consts::OS == "linux" {
        linux::rules(&mut live);
        settings::add(&mut live);
    } else {
        pf::rules(&mut live);
    }
    for trouble in &live.troubles {
        console.note(&lang::live::trouble(trouble, console.lang()));
    }
    if !live.answered {
        return Err(Failure::NothingLive);
    }
    let holds_rules = |format: &Format| !matches!(format, Format::Sysctl | Format::Modprobe | Format::Ipset);
    if !live.texts.iter().any(|(_, format)| holds_rules(format)) {
        console.note(&lang::live::no_rules(console.lang()));
    }
    let mut collection = read(live.texts, &mut |_| None);
    collection.host.kernel = settings::kernel();
    let complaints = lang::reading::report(&collection, console.lang(), console.colors_messages());
    if !complaints.is_empty() {
        console.note(&complaints);
    }
    Ok((collection, live.troubles.is_empty()))
}
