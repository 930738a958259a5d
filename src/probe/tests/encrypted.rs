//! Sessions with certificates made for the occasion.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

/// TLS with a certificate of its own, and that certificate.
fn configuration() -> (Arc<ServerConfig>, Vec<u8>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a configuration");
    (Arc::new(config), cert.pem().into_bytes())
}

/// An FTP server that starts TLS at `AUTH`, and offers data connections that it encrypts as well.
fn server() -> (Server, Vec<u8>) {
    let (config, pem) = configuration();
    (Server::new(move |stream| serve(stream, &config)), pem)
}

fn serve(stream: TcpStream, config: &Arc<ServerConfig>) {
    let _ = say(&stream, "220 Ready");
    let mut first = [0; 16];
    let Ok(length) = (&stream).read(&mut first) else { return };
    assert_eq!(&first[..length], b"AUTH TLS\r\n");
    let _ = say(&stream, "234 Go on");
    let wrap = |stream| {
        let connection = ServerConnection::new(Arc::clone(config)).expect("a connection");
        StreamOwned::new(connection, stream)
    };
    let mut control = BufReader::new(wrap(stream));
    let mut waiting: Option<TcpListener> = None;
    let mut line = String::new();
    while matches!(control.read_line(&mut line), Ok(1..)) {
        let reply = match line.trim_end() {
            "EPSV" => {
                let listener = TcpListener::bind((LOCAL, 0)).expect("a port");
                let port = listener.local_addr().expect("an address").port();
                waiting = Some(listener);
                format!("229 Passive (|||{port}|)")
            }
            "LIST" => {
                let (data, _) = waiting.take().expect("EPSV first").accept().expect("a connection");
                let _ = control.get_mut().write_all(b"150 Here\r\n");
                let mut data = wrap(data);
                let _ = data.write_all(b"encrypted\r\n");
                data.conn.send_close_notify();
                let _ = data.flush();
                "226 Done".to_owned()
            }
            known if known.starts_with("USER") => "230 In".to_owned(),
            known if known.starts_with("PASV") || known.starts_with("EPRT") || known.starts_with("PORT") => {
                "502 No".to_owned()
            }
            _ => "200 Ok".to_owned(),
        };
        line.clear();
        if control.get_mut().write_all(format!("{reply}\r\n").as_bytes()).is_err() {
            return;
        }
    }
}

fn encrypted(server: &Server, trust: Trust) -> Plan {
    let sessions = vec![Session::Tls];
    Plan { tls: Tls::ExplicitRequired, sessions, trust, ..plan(server.address.port(), PATIENT) }
}

#[test]
fn data_connections_resume_the_session_of_the_control_connection() {
    let (server, pem) = server();
    for trust in [Trust::Roots(pem), Trust::Anything] {
        let seen = probe(&encrypted(&server, trust), &Stop::default(), &());
        let transfer = &seen.visits[0].transfers[0];
        assert!(transfer.succeeded() && transfer.bytes == 11, "{seen:#?}");
        let handshake = transfer.handshake.as_ref().expect("a handshake").outcome.as_ref().expect("TLS");
        assert!(handshake.resumed, "{handshake:?}");
    }
}

#[test]
fn a_control_connection_goes_on_in_plain_text() {
    let (configuration, _) = configuration();
    let goes_on = Arc::new(AtomicBool::new(false));
    let went_on = Arc::clone(&goes_on);
    let server = Server::new(move |stream| {
        let _ = say(&stream, "220 Ready");
        let _ = (&stream).read(&mut [0; 16]);
        let _ = say(&stream, "234 Go on");
        let connection = ServerConnection::new(Arc::clone(&configuration)).expect("a connection");
        let mut control = BufReader::new(StreamOwned::new(connection, stream));
        let mut line = String::new();
        while matches!(control.read_line(&mut line), Ok(1..)) {
            let _ = control.get_mut().write_all(if line.starts_with("USER") {
                b"230 In\r\n"
            } else {
                b"200 Ok\r\n"
            });
            if line.starts_with("CCC") {
                let mut encrypted = control.into_inner();
                encrypted.conn.send_close_notify();
                let _ = encrypted.flush();
                // The probe's farewell is one record, and what follows may have come with it.
                let mut head = [0; 5];
                let _ = encrypted.sock.read_exact(&mut head);
                let mut farewell = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
                let _ = encrypted.sock.read_exact(&mut farewell);
                let mut commands = BufReader::new(&encrypted.sock).lines();
                goes_on
                    .store(matches!(commands.next(), Some(Ok(line)) if line == "TYPE I"), Ordering::Relaxed);
                let _ = say(&encrypted.sock, "200 Plain");
                return;
            }
            line.clear();
        }
    });
    let plan = Plan { clear_control: true, ..encrypted(&server, Trust::Anything) };
    let seen = probe(&plan, &Stop::default(), &());
    let last = seen.visits[0].exchanges.iter().find(|one| one.command.as_deref() == Some("TYPE I"));
    let reply = last.expect("a command").reply.as_ref().expect("a reply");
    assert!(went_on.load(Ordering::Relaxed) && reply.lines == ["200 Plain"], "{seen:#?}");
}

#[test]
fn a_record_in_drops_ends_with_the_time_out() {
    let (certificate, _) = configuration();
    let server = Server::new(move |stream| {
        let _ = say(&stream, "220 Ready");
        let _ = (&stream).read(&mut [0; 16]);
        let _ = say(&stream, "234 Go on");
        let connection = ServerConnection::new(Arc::clone(&certificate)).expect("a connection");
        let mut encrypted = StreamOwned::new(connection, stream);
        let _ = encrypted.read(&mut [0; 64]);
        // The head of a record of 16 KiB, which would take minutes.
        let mut stream = encrypted.sock;
        let _ = stream.write_all(&[23, 3, 3, 0x40, 0]);
        while stream.write_all(&[0]).is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let start = Instant::now();
    let seen = probe(&Plan { timeout: SHORT, ..encrypted(&server, Trust::Anything) }, &Stop::default(), &());
    assert_eq!(halt(&seen), (Stage::Login, Some(Trouble::TimedOut)));
    assert!(start.elapsed() < PATIENT, "not minutes");
}

#[test]
fn a_handshake_in_drops_ends_with_the_time_out() {
    let server = Server::new(|mut stream| {
        let _ = say(&stream, "220 Ready");
        let _ = stream.read(&mut [0; 16]);
        let _ = say(&stream, "234 Go on");
        // The head of a record of 16 KiB, which would take minutes.
        let _ = stream.write_all(&[22, 3, 3, 0x40, 0]);
        while stream.write_all(&[0]).is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let start = Instant::now();
    let seen = probe(&Plan { timeout: SHORT, ..encrypted(&server, Trust::Anything) }, &Stop::default(), &());
    assert_eq!(halt(&seen), (Stage::Handshake, Some(Trouble::TimedOut)));
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn a_certificate_of_nobody_is_refused() {
    let (server, _) = server();
    let seen = probe(&encrypted(&server, Trust::System), &Stop::default(), &());
    let (stage, trouble) = halt(&seen);
    assert_eq!(stage, Stage::Handshake);
    assert!(matches!(trouble, Some(Trouble::Tls(_))), "{trouble:?}");
    let found = conclude(&encrypted(&server, Trust::System), &seen);
    assert_eq!(found.conclusions[0].kind, Kind::CertificateRejected);
}
