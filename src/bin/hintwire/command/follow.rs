//! `hintwire follow`.

use crate::failure::Failure;
use crate::typed::Follow;

pub async fn run(typed: Follow) -> Result<(), Failure> {
    Err(Failure::error(format!("{typed:?}: not yet")))
}
