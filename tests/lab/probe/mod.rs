//! `ftpfw probe` against real servers, real filters and servers that misbehave.

mod servers;
