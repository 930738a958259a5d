//! What clients ask for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::packet::Family;

/// Bytes in a command line. The longest path that anybody sends is shorter.
const LONGEST: usize = 1024;

/// Joins bytes to lines.
#[derive(Debug, Default)]
pub struct Lines {
    pending: Vec<u8>,
}

impl Lines {
    /// Takes what has arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// The next line without its end; an error if it is longer than any command.
    pub fn next_line(&mut self) -> Option<Result<String, ()>> {
        let Some(end) = self.pending.iter().position(|&byte| byte == b'\n') else {
            return (self.pending.len() > LONGEST).then_some(Err(()));
        };
        let line: Vec<u8> = self.pending.drain(..=end).collect();
        if line.len() > LONGEST {
            return Some(Err(()));
        }
        // Telnet's interrupt and synch before ABOR (RFC 959 §4.1.3) are no letters.
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_matches(['\r', '\n', '\0', ' ', char::REPLACEMENT_CHARACTER]);
        Some(Ok(line.to_owned()))
    }
}

/// A line as a command, in capitals, and its argument.
#[must_use]
pub fn parted(line: &str) -> (String, &str) {
    let (command, argument) = line.split_once(' ').unwrap_or((line, ""));
    (command.to_ascii_uppercase(), argument.trim())
}

/// The address in `PORT` (RFC 959 §4.1.2).
#[must_use]
pub fn port(argument: &str) -> Option<SocketAddr> {
    let numbers: Vec<u8> = argument.split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [a, b, c, d, high, low] = numbers[..] else { return None };
    Some(SocketAddr::new(Ipv4Addr::new(a, b, c, d).into(), u16::from_be_bytes([high, low])))
}

/// The address in `EPRT` (RFC 2428 §2).
#[must_use]
pub fn eprt(argument: &str) -> Option<SocketAddr> {
    let delimiter = argument.chars().next().filter(char::is_ascii_graphic)?;
    let fields: Vec<&str> = argument.split(delimiter).collect();
    let ["", family, address, port, ""] = fields[..] else { return None };
    let address: IpAddr = address.parse().ok()?;
    let number = match Family::of(address) {
        Family::Ipv4 => "1",
        Family::Ipv6 => "2",
    };
    (family == number).then_some(SocketAddr::new(address, port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_arrive_in_any_pieces_and_are_bounded() {
        let mut lines = Lines::default();
        lines.push(b"NO");
        assert_eq!(lines.next_line(), None);
        lines.push(b"OP\r\n\xff\xf4\xff\xf2ABOR\r\n");
        assert_eq!(lines.next_line(), Some(Ok("NOOP".into())));
        assert_eq!(lines.next_line(), Some(Ok("ABOR".into())));
        lines.push(&[b'a'; 2000]);
        assert_eq!(lines.next_line(), Some(Err(())));
    }

    #[test]
    fn addresses_are_read_or_refused() {
        assert_eq!(port("10,0,0,7,156,64"), "10.0.0.7:40000".parse().ok());
        for wrong in ["", "1,2,3,4,5", "1,2,3,4,5,256", "1,2,3,4,5,6,7", "a,b,c,d,e,f"] {
            assert_eq!(port(wrong), None, "{wrong}");
        }
        assert_eq!(eprt("|1|10.0.0.7|40000|"), "10.0.0.7:40000".parse().ok());
        assert_eq!(eprt("!2!2001:db8::7!40000!"), "[2001:db8::7]:40000".parse().ok());
        for wrong in
            ["", "|1|2001:db8::7|40000|", "|2|10.0.0.7|40000|", "|1|10.0.0.7|70000|", "|1|10.0.0.7|40000"]
        {
            assert_eq!(eprt(wrong), None, "{wrong}");
        }
    }
}
