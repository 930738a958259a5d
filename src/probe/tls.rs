//! TLS of control and data connections.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring as provider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, HandshakeKind, ProtocolVersion, RootCertStore,
    SignatureScheme, StreamOwned,
};
use rustls_platform_verifier::BuilderVerifierExt;

use super::Stop;
use super::observation::{Encryption, Handshake, Trouble};
use super::plan::Trust;
use super::socket::SLICE;
use super::timed::Timed;

/// An encrypted connection.
pub(super) type TlsStream = StreamOwned<ClientConnection, Timed>;

/// How the connections of one probe are encrypted. Clones share their sessions, so that a data connection resumes that of
/// its control connection, which vsftpd and `ProFTPD` demand against stolen ports (RFC 4217 §15.2.6).
#[derive(Debug, Clone)]
pub(super) struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Tls {
    /// Connections to a server of this name, or else of this address.
    ///
    /// TLS 1.2 is offered alone: any number of data connections can resume one of its sessions, while a ticket of TLS 1.3
    /// serves once, and servers hand out two.
    ///
    /// # Errors
    ///
    /// Why no certificate can be believed: the words of the TLS library.
    pub(super) fn new(trust: &Trust, name: Option<&str>, address: IpAddr) -> Result<Self, String> {
        let crypto = Arc::new(provider::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&crypto))
            .with_protocol_versions(&[&rustls::version::TLS12])
            .map_err(|error| error.to_string())?;
        let builder = match trust {
            Trust::System => builder.with_platform_verifier().map_err(|error| error.to_string())?,
            Trust::Roots(pem) => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(Listed::new(pem, &crypto)?))
            }
            Trust::Anything => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(Believing(crypto)))
            }
        };
        let name = match name {
            Some(name) => ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?,
            None => ServerName::IpAddress(address.into()),
        };
        Ok(Self { config: Arc::new(builder.with_no_client_auth()), name })
    }

    /// Encrypts `stream`, as the client that FTP clients always are, whoever opened the connection (RFC 4217 §7).
    pub(super) fn wrap(
        &self,
        stream: Timed,
        timeout: Duration,
        stop: &Stop,
    ) -> (Handshake, Option<TlsStream>) {
        let start = Instant::now();
        let result = self.shake_hands(stream, start + timeout, stop);
        let took = start.elapsed();
        match result {
            Ok(stream) => {
                let version = match stream.conn.protocol_version() {
                    Some(ProtocolVersion::TLSv1_3) => "TLSv1.3".to_owned(),
                    Some(ProtocolVersion::TLSv1_2) => "TLSv1.2".to_owned(),
                    other => format!("{other:?}"),
                };
                let resumed = stream.conn.handshake_kind() == Some(HandshakeKind::Resumed);
                (Handshake { took, outcome: Ok(Encryption { version, resumed }) }, Some(stream))
            }
            Err(trouble) => (Handshake { took, outcome: Err(trouble) }, None),
        }
    }

    fn shake_hands(&self, stream: Timed, deadline: Instant, stop: &Stop) -> Result<TlsStream, Trouble> {
        let connection = ClientConnection::new(Arc::clone(&self.config), self.name.clone())
            .map_err(|error| Trouble::Tls(error.to_string()))?;
        let mut stream = StreamOwned::new(connection, stream);
        loop {
            // The last look is after the deadline: on a busy machine this thread may not have run before.
            let late = Instant::now() >= deadline;
            stream.sock.within(SLICE);
            match step(&mut stream) {
                Err(error) if is_patience(&error) => {}
                Err(error) => return Err(trouble(&error)),
                Ok(()) => {}
            }
            if !stream.conn.is_handshaking() && !stream.conn.wants_write() {
                return Ok(stream);
            }
            if stop.is_requested() {
                return Err(Trouble::Stopped);
            }
            if late {
                return Err(Trouble::TimedOut);
            }
        }
    }
}

/// Moves a handshake on by one read or write, so that no peer that sends byte after byte is listened to for longer than
/// anybody else.
fn step(stream: &mut TlsStream) -> io::Result<()> {
    let StreamOwned { conn, sock } = stream;
    if conn.wants_write() {
        return conn.write_tls(sock).map(|_| ());
    }
    if conn.read_tls(sock)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    conn.process_new_packets().map(|_| ()).map_err(|error| {
        // The peer is told why.
        let _ = conn.write_tls(sock);
        io::Error::other(error)
    })
}

/// Whether an operation merely has to be tried again.
pub(super) fn is_patience(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

/// `error` of a connection that exists.
pub(super) fn trouble(error: &io::Error) -> Trouble {
    if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return Trouble::Tls(inner.to_string());
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Trouble::Closed,
        _ => Trouble::Broken(error.raw_os_error()),
    }
}

/// Believes the certificates of a list and those that they sign. Many FTP servers have one that signed itself, which
/// can be listed as well as an authority.
#[derive(Debug)]
struct Listed {
    certificates: Vec<CertificateDer<'static>>,
    authorities: Arc<WebPkiServerVerifier>,
}

impl Listed {
    fn new(pem: &[u8], crypto: &Arc<CryptoProvider>) -> Result<Self, String> {
        let listed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let certificates = listed.map_err(|error| error.to_string())?;
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone()).map_err(|error| error.to_string())?;
        }
        let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(crypto));
        Ok(Self { certificates, authorities: authorities.build().map_err(|error| error.to_string())? })
    }
}

impl ServerCertVerifier for Listed {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.certificates.iter().any(|listed| listed.as_ref() == certificate.as_ref()) {
            let own = ParsedCertificate::try_from(certificate)?;
            return verify_server_name(&own, name).map(|()| ServerCertVerified::assertion());
        }
        self.authorities.verify_server_cert(certificate, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// Believes every certificate, and nothing else: whoever shows one has to have its key.
#[derive(Debug)]
struct Believing(Arc<CryptoProvider>);

impl ServerCertVerifier for Believing {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
