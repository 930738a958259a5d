//! Who logs in. A password is never an argument, which every user of the machine could read.

use std::fs::File;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read as _};
use std::path::Path;

use super::Arguments;
use crate::cli::{Console, Failure};
use crate::deployment::Service;
use crate::lang;
use crate::probe::plan::{Login, Secret};

/// The variable of the environment that may hold the password.
const VARIABLE: &str = "FTPFW_PASSWORD";
/// The user of public servers, and what they want for a password: something like an address (RFC 1635).
const ANONYMOUS: (&str, &str) = ("anonymous", "ftpfw@");
/// No password is as long as this.
const LONGEST: u64 = 4096;

/// The user from the command line or the deployment, or nobody in particular, and the password.
pub(super) fn ask(arguments: &Arguments, service: &Service, console: &mut Console) -> Result<Login, Failure> {
    let user = arguments.user.as_ref().or(service.user.as_ref());
    let user = user.cloned().unwrap_or_else(|| ANONYMOUS.0.to_owned());
    let password = password(arguments, &user, console)?;
    // A line break would begin another command.
    if [user.as_str(), password.reveal()].iter().any(|text| text.contains(['\r', '\n', '\0'])) {
        return Err(Failure::NoAnswer(lang::probe::login_with_line_break(console.lang())));
    }
    Ok(Login { user, password })
}

/// Nobody in particular.
pub(in crate::cli) fn anonymous() -> Login {
    Login { user: ANONYMOUS.0.to_owned(), password: Secret::new(ANONYMOUS.1.to_owned()) }
}

/// The first line of a file.
pub(in crate::cli) fn first_line(path: &Path) -> Result<Secret, Failure> {
    let mut line = String::new();
    let read = File::open(path).and_then(|file| BufReader::new(file.take(LONGEST)).read_line(&mut line));
    read.map_err(|source| Failure::Read { path: path.to_owned(), source })?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

fn password(arguments: &Arguments, user: &str, console: &mut Console) -> Result<Secret, Failure> {
    if let Some(path) = &arguments.password_file {
        return first_line(path);
    }
    if let Ok(password) = std::env::var(VARIABLE) {
        return Ok(Secret::new(password));
    }
    if user == ANONYMOUS.0 || user == "ftp" {
        return Ok(Secret::new(ANONYMOUS.1.to_owned()));
    }
    let lang = console.lang();
    if !std::io::stdin().is_terminal() {
        return Err(Failure::NoAnswer(lang::probe::no_password(user, VARIABLE, lang)));
    }
    let password = rpassword::prompt_password(lang::probe::password_prompt(user, lang));
    password.map(Secret::new).map_err(|_| Failure::NoAnswer(lang::probe::no_password(user, VARIABLE, lang)))
}
