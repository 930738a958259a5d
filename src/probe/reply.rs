//! Replies of FTP servers, as they arrive in pieces (RFC 959 §4.2, §5.4), and the ports that they name.
//!
//! The server may be anybody: what it sends is bounded, and read tolerantly, since real servers end lines in several
//! ways and put anything between the first and the last line of a long reply.

use std::net::{IpAddr, Ipv4Addr};

use super::observation::{Reply, Trouble};

/// Bytes in a line.
const LONGEST_LINE: usize = 8 << 10;
/// Bytes in a reply.
const LONGEST_REPLY: usize = 64 << 10;
/// Characters that are kept of what is no reply.
const BEGINNING: usize = 120;

/// Joins bytes to replies.
#[derive(Debug, Default)]
pub struct Parser {
    /// What came after the last line end.
    pending: Vec<u8>,
    /// The lines of a reply that is not complete.
    lines: Vec<String>,
    /// Its bytes.
    size: usize,
}

impl Parser {
    /// Takes what has arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// The next reply, if it is complete. After an error nothing that follows can be trusted.
    pub fn next_reply(&mut self) -> Option<Result<Reply, Trouble>> {
        loop {
            let Some(end) = self.pending.iter().position(|&byte| byte == b'\n') else {
                let too_long = self.pending.len() > LONGEST_LINE;
                return too_long.then_some(Err(Trouble::TooLong));
            };
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            self.size += line.len();
            if line.len() > LONGEST_LINE || self.size > LONGEST_REPLY {
                return Some(Err(Trouble::TooLong));
            }
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n', '\0']);
            match self.line(line) {
                Ok(Some(reply)) => return Some(Ok(reply)),
                Ok(None) => {}
                Err(trouble) => return Some(Err(trouble)),
            }
        }
    }

    fn line(&mut self, line: &str) -> Result<Option<Reply>, Trouble> {
        let found = code(line);
        let first = self.lines.first().and_then(|first| code(first)).map(|(code, _)| code);
        self.lines.push(line.to_owned());
        let (code, last) = match (first, found) {
            (None, Some((code, continues))) => (code, !continues),
            (None, None) => return Err(Trouble::NotAReply(line.chars().take(BEGINNING).collect())),
            (Some(first), Some((code, false))) if code == first => (code, true),
            (Some(first), _) => (first, false),
        };
        if !last {
            return Ok(None);
        }
        self.size = 0;
        Ok(Some(Reply { code, lines: std::mem::take(&mut self.lines) }))
    }
}

/// The code that a line begins with, and whether it says that more lines follow.
fn code(line: &str) -> Option<(u16, bool)> {
    let digits = line.get(..3).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let code = digits.parse().ok().filter(|code| (100..600).contains(code))?;
    match line.as_bytes().get(3) {
        None | Some(b' ' | b'\t') => Some((code, false)),
        Some(b'-') => Some((code, true)),
        Some(_) => None,
    }
}

/// The address and port in a reply to `PASV`: the first six numbers in a row, wherever they stand (RFC 1123 §4.1.2.6).
#[must_use]
pub fn address_of_pasv(reply: &Reply) -> Option<(IpAddr, u16)> {
    let text = reply.lines.first()?.get(4..)?;
    text.split(|character: char| !character.is_ascii_digit() && character != ',').find_map(six_numbers)
}

fn six_numbers(text: &str) -> Option<(IpAddr, u16)> {
    let numbers: Vec<u8> = text.split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [a, b, c, d, high, low] = numbers[..] else { return None };
    let port = u16::from_be_bytes([high, low]);
    (port != 0).then_some((Ipv4Addr::new(a, b, c, d).into(), port))
}

/// The port in a reply to `EPSV`: `(|||port|)`, with any delimiter (RFC 2428 §3).
#[must_use]
pub fn port_of_epsv(reply: &Reply) -> Option<u16> {
    let text = reply.lines.first()?.split_once('(')?.1;
    let delimiter = text.chars().next().filter(char::is_ascii_graphic)?;
    let mut fields = text.split(delimiter);
    let empty = fields.by_ref().take(3).all(str::is_empty);
    let port = fields.next().filter(|field| field.bytes().all(|byte| byte.is_ascii_digit()))?;
    // What follows the port has to be the delimiter.
    let closed = fields.next().is_some();
    port.parse().ok().filter(|&port| port != 0 && empty && closed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn replies(pieces: &[&[u8]]) -> Vec<Result<Reply, Trouble>> {
        let mut parser = Parser::default();
        let mut replies = Vec::new();
        for piece in pieces {
            parser.push(piece);
            replies.extend(std::iter::from_fn(|| parser.next_reply()).take(9));
        }
        replies
    }

    fn codes(pieces: &[&[u8]]) -> Vec<u16> {
        replies(pieces).into_iter().map(|reply| reply.expect("a reply").code).collect()
    }

    #[test]
    fn replies_arrive_in_any_pieces() {
        assert_eq!(codes(&[b"2", b"20 he", b"llo\r", b"\n331 password\r\n"]), [220, 331]);
        assert_eq!(codes(&[b"220 hello\n"]), [220], "a lone line feed");
        assert_eq!(codes(&[b"220\r\n"]), [220]);
        let long =
            b"211-Features:\r\n EPSV\r\n 211 not the end\r\n230 nor this\r\n211-nor this\r\n211 End\r\n";
        let reply = replies(&[long]).remove(0).expect("a reply");
        assert_eq!((reply.code, reply.lines.len()), (211, 6));
        assert_eq!(
            codes(&[b"220-first\r\n\r\nbanner without code\r\n220 last\r\n", b"200 next\r\n"]),
            [220, 200]
        );
    }

    #[test]
    fn what_is_no_reply_is_told_and_bounded() {
        let of = |bytes: &[u8]| replies(&[bytes]).remove(0).expect_err("no reply");
        assert_eq!(of(b"SSH-2.0-OpenSSH_9.2\r\n"), Trouble::NotAReply("SSH-2.0-OpenSSH_9.2".into()));
        assert!(matches!(of(b"999 what\r\n"), Trouble::NotAReply(_)));
        assert_eq!(of(&vec![b'a'; 10_000]), Trouble::TooLong, "without a line end");
        assert_eq!(of("220-more\r\n".repeat(10_000).as_bytes()), Trouble::TooLong);
    }

    fn said(line: &str) -> Reply {
        Reply { code: 227, lines: vec![line.to_owned()] }
    }

    #[test]
    fn ports_in_replies() {
        let pasv = |line| address_of_pasv(&said(line)).map(|(address, port)| format!("{address} {port}"));
        let usual = "227 Entering Passive Mode (10,0,0,5,234,97).";
        assert_eq!(pasv(usual).as_deref(), Some("10.0.0.5 60001"));
        assert_eq!(pasv("227 =10,0,0,5,234,97").as_deref(), Some("10.0.0.5 60001"));
        assert_eq!(pasv("227 Entering 2 modes 10,0,0,5,234,97").as_deref(), Some("10.0.0.5 60001"));
        for rubbish in [
            "227 (10,0,0,5,234)",
            "227 (10,0,0,256,1,1)",
            "227 (1,2,3,4,0,0)",
            "227 (1,2,3,4,5,6,7)",
            "227",
            "227 数",
        ] {
            assert_eq!(pasv(rubbish), None, "{rubbish}");
        }
        let epsv = |line| port_of_epsv(&said(line));
        assert_eq!(epsv("229 Entering Extended Passive Mode (|||60001|)"), Some(60_001));
        assert_eq!(epsv("229 ok (!!!60001!)"), Some(60_001));
        for rubbish in [
            "229 (|||0|)",
            "229 (|||70000|)",
            "229 (||60001|)",
            "229 (|1||60001|)",
            "229 (|||60001",
            "229 ()",
            "229 (|||+1|)",
        ] {
            assert_eq!(epsv(rubbish), None, "{rubbish}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in ".{0,80}") {
            let mut parser = Parser::default();
            for piece in bytes.chunks(7) {
                parser.push(piece);
                while let Some(Ok(reply)) = parser.next_reply() {
                    let _ = address_of_pasv(&reply);
                    let _ = port_of_epsv(&reply);
                }
            }
            let _ = address_of_pasv(&said(&text));
            let _ = port_of_epsv(&said(&text));
        }

        #[test]
        fn every_address_is_read_back(octets: [u8; 4], port in 1..=u16::MAX) {
            let [a, b, c, d] = octets;
            let [high, low] = port.to_be_bytes();
            let line = format!("227 Entering Passive Mode ({a},{b},{c},{d},{high},{low}).");
            prop_assert_eq!(address_of_pasv(&said(&line)), Some((Ipv4Addr::from(octets).into(), port)));
        }
    }
}
