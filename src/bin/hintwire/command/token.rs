//! `hintwire token`.

use std::io::{self, Write};

use hintwire::identity::{AuthFile, Minted};

use crate::failure::{Exit, Failure};
use crate::typed::Token;

pub fn run(typed: &Token) -> Result<(), Failure> {
    let Token::New { name } = typed;
    let Minted { token, hash } = Minted::new()?;
    let listed = format!("[[token]]\nname = \"{name}\"\nsha256 = \"{hash}\"\n");
    AuthFile::check(&listed).map_err(|error| Failure::new(Exit::Usage, error))?;
    let text = format!("# The token; it is not kept anywhere:\n# {token}\n{listed}");
    Ok(io::stdout().write_all(text.as_bytes())?)
}
