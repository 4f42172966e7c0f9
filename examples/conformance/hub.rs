//! Which hub, and what is shown to it.

use std::io;
use std::path::{Path, PathBuf};

use hintwire::client::{Client, Error, Options};
use tonic::Status;

#[derive(clap::Args)]
pub struct Hub {
    #[arg(long)]
    hub: String,
    #[arg(long)]
    tls_ca: Option<PathBuf>,
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    #[arg(long)]
    tls_key: Option<PathBuf>,
    /// Read anew whenever a token is asked for.
    #[arg(long)]
    token_file: Option<PathBuf>,
}

impl Hub {
    pub fn connect(self) -> Result<Client, Error> {
        let mut options = Options::default();
        let scheme = if self.tls_ca.is_some() { "https" } else { "http" };
        if let Some(file) = &self.tls_ca {
            options = options.authorities(read(file)?);
        }
        if let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) {
            options = options.certificate(read(certificate)?, read(key)?);
        }
        if let Some(file) = self.token_file {
            options = options.token(move || token(file.clone()));
        }
        Client::connect_lazy_with(&format!("{scheme}://{}", self.hub), &options)
    }
}

async fn token(file: PathBuf) -> io::Result<String> {
    Ok(tokio::fs::read_to_string(file).await?.trim().to_owned())
}

fn read(file: &Path) -> Result<Vec<u8>, Status> {
    std::fs::read(file).map_err(|error| Status::invalid_argument(error.to_string()))
}
