//! `hintwire check`.

use crate::failure::Failure;
use crate::typed::Check;

pub fn run(typed: &Check) -> Result<(), Failure> {
    Err(Failure::error(format!("{}: not yet", typed.dir.display())))
}
