//! `ftpfw schema`: the JSON Schema of the deployment file.

use super::{Console, Exit, Failure};
use crate::deployment::json_schema;
use crate::lang;

/// Prints the schema, with descriptions in the language of the console.
pub(super) fn run(console: &mut Console) -> Result<Exit, Failure> {
    let lang = console.lang();
    let schema = json_schema(|field| lang::field::describe(field, lang));
    console.print(&format!("{schema:#}\n"))?;
    Ok(Exit::Well)
}
