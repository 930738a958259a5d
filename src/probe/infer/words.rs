//! What servers say when they refuse, as far as the codes of RFC 959 leave it open. All texts are in lower case.

/// Whether a refusal of `PORT` is about the address in it: the client's address is not what the server sees.
///
/// vsftpd says "Illegal PORT command.", pyftpdlib "Rejected data connection to foreign address", Pure-FTPd that it
/// will not open a connection to another address, `ProFTPD` that the address does not match.
pub(super) fn object_to_address(text: &str) -> bool {
    ["illegal port", "foreign", "address", "won't open a connection", "bounce", "not your"]
        .iter()
        .any(|word| text.contains(word))
}

/// Whether a refusal asks for encryption.
pub(super) fn demand_tls(text: &str) -> bool {
    ["tls", "ssl", "encrypt", "cleartext", "secure"].iter().any(|word| text.contains(word))
}

/// Whether a refusal asks for the session of the control connection to be resumed.
pub(super) fn demand_reuse(text: &str) -> bool {
    text.contains("reuse") || text.contains("resum") || text.contains("operation not permitted")
}

/// Whether an error of TLS is about the certificate.
pub(super) fn speak_of_certificates(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("certificate") || text.contains("issuer")
}
