//! The secret that a probe and its responder share, and how each proves that it knows it.
//!
//! The token never crosses the network. Both ends name a number that is used once, and answer with an HMAC (RFC 2104)
//! over both numbers and what the answer is for, so that no answer serves twice or for something else.

use std::fmt::Write as _;

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use super::plan::Secret;

/// Bytes of a token and of a number used once: 128 bits, which nobody guesses.
const BYTES: usize = 16;

/// A new token, in hexadecimal digits.
///
/// # Errors
///
/// The system has no random numbers.
pub fn generate() -> Result<Secret, std::io::Error> {
    number().map(Secret::new)
}

/// A number used once, in hexadecimal digits.
pub(super) fn number() -> Result<String, std::io::Error> {
    let mut bytes = [0; BYTES];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| std::io::Error::from(std::io::ErrorKind::Unsupported))?;
    Ok(hexadecimal(&bytes))
}

/// What an answer proves.
#[derive(Debug, Clone, Copy)]
pub(super) enum Claim {
    /// The responder is the one that has the token.
    Responder,
    /// The probe is.
    Probe,
    /// A connection to this port reached that responder.
    Port(u16),
}

/// The conversation that an answer belongs to: the numbers of the probe and of the responder.
#[derive(Debug, Clone)]
pub(super) struct Conversation {
    pub(super) token: Secret,
    pub(super) probe: String,
    pub(super) responder: String,
}

impl Conversation {
    /// The answer that proves `claim`, in hexadecimal digits.
    pub(super) fn proof(&self, claim: Claim) -> String {
        hexadecimal(hmac::sign(&self.key(), self.statement(claim).as_bytes()).as_ref())
    }

    /// Whether `proof` does, compared in constant time.
    pub(super) fn accepts(&self, claim: Claim, proof: &str) -> bool {
        let Some(tag) = bytes(proof) else { return false };
        hmac::verify(&self.key(), self.statement(claim).as_bytes(), &tag).is_ok()
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.token.reveal().as_bytes())
    }

    fn statement(&self, claim: Claim) -> String {
        let claim = match claim {
            Claim::Responder => "responder".to_owned(),
            Claim::Probe => "probe".to_owned(),
            Claim::Port(port) => format!("port {port}"),
        };
        format!("ftpfw {claim} {} {}", self.probe, self.responder)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.bytes().map(|byte| char::from(byte).to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs.remainder().is_empty().then(|| digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(token: &str) -> Conversation {
        Conversation { token: Secret::new(token.into()), probe: "a1".into(), responder: "b2".into() }
    }

    #[test]
    fn a_proof_serves_for_one_claim_of_one_conversation() {
        let own = conversation("secret");
        let proof = own.proof(Claim::Probe);
        assert!(own.accepts(Claim::Probe, &proof));
        assert!(own.accepts(Claim::Port(7), &own.proof(Claim::Port(7))));
        assert!(!own.accepts(Claim::Responder, &proof));
        assert!(!own.accepts(Claim::Port(8), &own.proof(Claim::Port(7))));
        assert!(!conversation("other").accepts(Claim::Probe, &proof));
        let later = Conversation { responder: "b3".into(), ..conversation("secret") };
        assert!(!later.accepts(Claim::Probe, &proof));
        for rubbish in ["", "0", "zz", "数", &proof[1..]] {
            assert!(!own.accepts(Claim::Probe, rubbish), "{rubbish}");
        }
    }

    #[test]
    fn tokens_differ() {
        let [one, other] = [generate(), generate()].map(|token| token.expect("random numbers"));
        assert_eq!(one.reveal().len(), 2 * BYTES);
        assert_ne!(one.reveal(), other.reveal());
    }
}
