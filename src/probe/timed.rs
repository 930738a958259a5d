//! A socket whose operations end in time, however many of them it takes: TLS reads on while bytes drop in, one by one, until
//! it has a whole record.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The shortest wait that a system knows; 0 would be forever.
const SHORTEST: Duration = Duration::from_millis(1);

/// A socket, and until when it is waited for.
#[derive(Debug)]
pub(super) struct Timed {
    stream: TcpStream,
    until: Instant,
    /// Whether nothing was tried since that was set. What is there already is taken, however late it is.
    fresh: bool,
}

impl Timed {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, until: Instant::now(), fresh: true }
    }

    /// All that is done from now on ends after `wait`.
    pub(super) fn within(&mut self, wait: Duration) {
        self.until = Instant::now() + wait;
        self.fresh = true;
    }

    /// The socket itself.
    pub(super) fn socket(&self) -> &TcpStream {
        &self.stream
    }

    fn left(&mut self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() && !std::mem::take(&mut self.fresh) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.fresh = false;
        Ok(left.max(SHORTEST))
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left()?;
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.left()?;
        self.stream.set_write_timeout(Some(left))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn what_is_there_is_taken_and_the_rest_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut sender =
            TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
        let (stream, _) = listener.accept().expect("a connection");
        sender.write_all(b"ab").expect("to be sent");
        let mut timed = Timed::new(stream);
        // Both bytes are there once the first one is.
        timed.within(Duration::from_secs(20));
        assert_eq!(timed.read(&mut [0; 1]).expect("a byte"), 1);
        timed.within(Duration::ZERO);
        assert_eq!(timed.read(&mut [0; 1]).expect("a byte"), 1, "the time is over, and the byte is there");
        assert_eq!(timed.read(&mut [0; 1]).expect_err("no time").kind(), io::ErrorKind::TimedOut);
        assert_eq!(timed.write(b"c").expect_err("no time").kind(), io::ErrorKind::TimedOut);
    }
}
