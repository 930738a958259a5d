//! A simple deployment on the command line, without a file.
//!
//! The arguments become the same tree of nodes that a file would, and so meet the same checks; a problem is
//! shown at the argument at fault.

use std::collections::BTreeMap;
use std::ops::Range;

use super::check::{At, Check};
use super::node::{Node, Value};
use super::read::Reading;
use super::shape::Words;
use super::source::Source;
use crate::dialect::Dialect;

/// What a command line is called in messages.
const NAME: &str = "<command line>";
/// What a command line starts with.
const PROGRAM: &str = "ftpfw";

/// What a command line says about a deployment. Each value is as typed.
///
/// The deployment has one firewall, named `firewall`, on the server itself unless said otherwise, written
/// in nftables. Without `active` and `passive` both modes are on offer, as in a file; so a command line
/// without passive ports has to say `active`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommandLine {
    /// `--server`: addresses, each argument one or several with commas.
    pub server: Vec<String>,
    /// `--pasv`: the passive range.
    pub pasv: Option<String>,
    /// `--control`: the control port.
    pub control: Option<String>,
    /// `--active`: active mode is on offer.
    pub active: bool,
    /// `--passive`: passive mode is on offer.
    pub passive: bool,
    /// `--active-port`: where active data connections come from, one or several with commas.
    pub active_port: Option<String>,
    /// `--advertised`: the address that the reply to `PASV` names.
    pub advertised: Option<String>,
    /// `--tls`: the kind of TLS.
    pub tls: Option<String>,
    /// `--software`: the server program.
    pub software: Option<String>,
    /// `--client`: who connects, each argument one or several with commas.
    pub client: Vec<String>,
    /// `--client-ports`: where clients connect from.
    pub client_ports: Option<String>,
    /// `--side`: whose end the firewall protects.
    pub side: Option<String>,
    /// `--place`: where it runs.
    pub place: Option<String>,
    /// `--dialect`: what it is written in.
    pub dialect: Option<String>,
    /// `--strategy`: how it lets data connections through.
    pub strategy: Option<String>,
    /// `--outside`: its interface towards the other side.
    pub outside: Option<String>,
    /// `--inside`: its interface towards the protected side.
    pub inside: Option<String>,
    /// `--public`: the address on the outside, where it translates.
    pub public: Option<String>,
    /// `--private`: what that stands for on the inside.
    pub private: Option<String>,
    /// `--egress`: what may leave.
    pub egress: Option<String>,
}

impl CommandLine {
    /// Whether it says nothing about a deployment, its `dialect` apart: that one may go with a file too.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self { dialect: self.dialect.clone(), ..Self::default() }
    }

    /// The deployment as a document, and the text of the command line with the place of each node on it.
    pub(super) fn document(&self) -> (Node, Source) {
        let mut line = Line { text: PROGRAM.to_owned() };
        // In the order of the fields, so that problems come in the order of the arguments.
        let server = line.list("--server", &self.server);
        let control = line.scalar("--control", self.control.as_ref());
        let tls = line.scalar("--tls", self.tls.as_ref());
        let active = self.active.then(|| line.flag("--active", "active"));
        let passive = self.passive.then(|| line.flag("--passive", "passive"));
        let active_port = line.list("--active-port", self.active_port.as_slice());
        let pasv = line.scalar("--pasv", self.pasv.as_ref());
        let advertised = line.scalar("--advertised", self.advertised.as_ref());
        let software = line.scalar("--software", self.software.as_ref());
        let client = line.list("--client", &self.client);
        let client_ports = line.scalar("--client-ports", self.client_ports.as_ref());
        let side = line.scalar("--side", self.side.as_ref());
        let place = line.scalar("--place", self.place.as_ref());
        let dialect = line.scalar("--dialect", self.dialect.as_ref());
        let strategy = line.scalar("--strategy", self.strategy.as_ref());
        let outside = line.scalar("--outside", self.outside.as_ref());
        let inside = line.scalar("--inside", self.inside.as_ref());
        let public = line.scalar("--public", self.public.as_ref());
        let private = line.scalar("--private", self.private.as_ref());
        let egress = line.scalar("--egress", self.egress.as_ref());

        let modes: Vec<Piece> = [active, passive].into_iter().flatten().collect();
        let modes = (!modes.is_empty()).then(|| Piece::list(modes));
        let nat = Piece::optional_mapping([("public", public), ("private", private)]);
        let interfaces = Piece::optional_mapping([("outside", outside), ("inside", inside)]);
        let service = Piece::mapping([
            ("addresses", server),
            ("control_port", control),
            ("tls", tls),
            ("modes", modes),
            ("active", Piece::optional_mapping([("source_port", active_port)])),
            ("passive", Piece::optional_mapping([("ports", pasv), ("advertised_address", advertised)])),
            ("software", software),
        ]);
        let firewall = Piece::mapping([
            ("name", Some(Piece::text("firewall"))),
            ("side", side.or_else(|| Some(Piece::text("server")))),
            ("place", place.or_else(|| Some(Piece::text("host")))),
            ("dialect", dialect),
            ("strategy", strategy),
            ("interfaces", interfaces),
            ("nat", nat),
            ("egress", egress),
        ]);
        let document = Piece::mapping([
            ("version", Some(Piece { span: None, content: Content::Scalar(Value::Integer(1)) })),
            ("service", Some(service)),
            ("clients", Piece::optional_mapping([("addresses", client), ("ports", client_ports)])),
            ("firewalls", Some(Piece::list(vec![firewall]))),
        ]);
        let mut nodes = Nodes::default();
        let node = nodes.add(document, &line.program());
        (node, Source::arguments(NAME, line.text, nodes.places))
    }
}

/// The option that stands for a field, given the path of the field.
#[must_use]
pub fn option(path: &str) -> Option<&'static str> {
    const OPTIONS: &[(&str, &str)] = &[
        ("service.addresses", "--server"),
        ("service.passive.ports", "--pasv"),
        ("service.control_port", "--control"),
        ("service.active.source_port", "--active-port"),
        ("service.passive.advertised_address", "--advertised"),
        ("service.tls", "--tls"),
        ("service.software", "--software"),
        ("clients.addresses", "--client"),
        ("clients.ports", "--client-ports"),
        ("firewalls[0].side", "--side"),
        ("firewalls[0].place", "--place"),
        ("firewalls[0].dialect", "--dialect"),
        ("firewalls[0].strategy", "--strategy"),
        ("firewalls[0].interfaces.outside", "--outside"),
        ("firewalls[0].interfaces.inside", "--inside"),
        ("firewalls[0].nat.public", "--public"),
        ("firewalls[0].nat.private", "--private"),
        ("firewalls[0].egress", "--egress"),
    ];
    // One of several values is an item of a list.
    let field =
        |name: &str| path == name || path.strip_prefix(name).is_some_and(|rest| rest.starts_with('['));
    OPTIONS.iter().find(|(name, _)| field(name)).map(|(_, option)| *option)
}

/// Reads the value of `--dialect` where it goes with a file.
///
/// # Errors
///
/// What is wrong with it, over the command line.
pub fn read_dialect(text: &str) -> Result<Dialect, Box<Reading>> {
    let mut line = Line { text: PROGRAM.to_owned() };
    let text = text.to_owned();
    let mut nodes = Nodes::default();
    let node = line.scalar("--dialect", Some(&text)).map(|piece| nodes.add(piece, &line.program()));
    let mut check = Check::default();
    let dialect = node.as_ref().and_then(|node| {
        let at = At { path: "firewalls[0].dialect".to_owned(), ..At::root(node) };
        check.word(&at, Words::Dialect, &Dialect::ALL, Dialect::id)
    });
    dialect.ok_or_else(|| {
        Box::new(Reading::new(Source::arguments(NAME, line.text, nodes.places), node, check, None))
    })
}

/// The text of a command line as it grows.
struct Line {
    text: String,
}

impl Line {
    /// The name of the program, at which a problem is shown that has no argument of its own.
    fn program(&self) -> Range<usize> {
        0..self.text.find(' ').unwrap_or(self.text.len())
    }

    fn push(&mut self, piece: &str) -> Range<usize> {
        self.text.push(' ');
        let start = self.text.len();
        self.text.push_str(piece);
        start..self.text.len()
    }

    fn flag(&mut self, option: &str, word: &str) -> Piece {
        let span = self.push(option);
        Piece { span: Some(span), content: Content::Scalar(Value::Text(word.to_owned())) }
    }

    fn scalar(&mut self, option: &str, value: Option<&String>) -> Option<Piece> {
        let value = value?;
        self.push(option);
        let span = self.push(value);
        Some(Piece { span: Some(span), content: Content::Scalar(scalar(value)) })
    }

    /// Values with commas between them, or of one option given several times. One value alone is no list.
    fn list(&mut self, option: &str, values: &[String]) -> Option<Piece> {
        let mut items = Vec::new();
        for value in values {
            self.push(option);
            let span = self.push(value);
            let mut start = span.start;
            for item in value.split(',') {
                let span = Some(start..start + item.len());
                items.push(Piece { span, content: Content::Scalar(scalar(item.trim())) });
                start += item.len() + 1;
            }
        }
        match items.len() {
            0 => None,
            1 => items.pop(),
            _ => Some(Piece::list(items)),
        }
    }
}

/// An argument as YAML would read it: digits are a number, anything else is text.
fn scalar(text: &str) -> Value {
    let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    number.map_or_else(|| Value::Text(text.to_owned()), Value::Integer)
}

/// A node before it has a number.
struct Piece {
    span: Option<Range<usize>>,
    content: Content,
}

enum Content {
    Scalar(Value),
    List(Vec<Piece>),
    Mapping(Vec<(&'static str, Piece)>),
}

impl Piece {
    fn text(text: &str) -> Self {
        Self { span: None, content: Content::Scalar(Value::Text(text.to_owned())) }
    }

    fn list(items: Vec<Self>) -> Self {
        Self { span: extent(items.iter()), content: Content::List(items) }
    }

    fn mapping<const N: usize>(fields: [(&'static str, Option<Self>); N]) -> Self {
        let fields: Vec<(&'static str, Self)> =
            fields.into_iter().filter_map(|(name, piece)| piece.map(|piece| (name, piece))).collect();
        Self { span: extent(fields.iter().map(|(_, piece)| piece)), content: Content::Mapping(fields) }
    }

    /// A mapping that is not there at all when none of its fields are.
    fn optional_mapping<const N: usize>(fields: [(&'static str, Option<Self>); N]) -> Option<Self> {
        fields.iter().any(|(_, piece)| piece.is_some()).then(|| Self::mapping(fields))
    }
}

/// Where the first of `pieces` stands that stands anywhere.
fn extent<'a>(mut pieces: impl Iterator<Item = &'a Piece>) -> Option<Range<usize>> {
    pieces.find_map(|piece| piece.span.clone())
}

/// Numbers nodes in the order in which a walk through a file would.
#[derive(Default)]
struct Nodes {
    next: u32,
    places: BTreeMap<u32, Range<usize>>,
}

impl Nodes {
    fn number(&mut self, span: &Range<usize>) -> u32 {
        let id = self.next;
        self.next += 1;
        self.places.insert(id, span.clone());
        id
    }

    /// `otherwise` is where a node counts as standing that stands nowhere.
    fn add(&mut self, piece: Piece, otherwise: &Range<usize>) -> Node {
        let span = piece.span.as_ref().unwrap_or(otherwise).clone();
        let id = self.number(&span);
        let value = match piece.content {
            Content::Scalar(value) => value,
            Content::List(items) => {
                Value::List(items.into_iter().map(|item| self.add(item, otherwise)).collect())
            }
            Content::Mapping(fields) => {
                let entry = |(name, piece): (&str, Piece)| {
                    let span = piece.span.as_ref().unwrap_or(otherwise).clone();
                    let key = Node { id: self.number(&span), value: Value::Text(name.to_owned()) };
                    (key, self.add(piece, otherwise))
                };
                Value::Mapping(fields.into_iter().map(entry).collect())
            }
        };
        Node { id, value }
    }
}
