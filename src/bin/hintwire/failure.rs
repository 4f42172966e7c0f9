//! How a command ends when it does not succeed: an exit code, and a text that says what to do.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use hintwire::backlog::log::OpenError;
use hintwire::backlog::log::backup::BackupError;
use hintwire::client::{self, FollowError};
use hintwire::config::ConfigError;
use hintwire::server::ServeError;
use tonic::Code;

use crate::print::escape;

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
}

/// Exit codes; `hintwire --help` explains them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The reader of our output is gone, as in `| head`: nothing is wrong.
    Quiet = 0,
    Error = 1,
    Usage = 2,
    Cursor = 3,
    Unavailable = 4,
    Damage = 5,
}

impl Failure {
    pub fn new(exit: Exit, message: impl Display) -> Self {
        Self { exit, message: message.to_string() }
    }

    /// A failure without a code of its own.
    pub fn error(message: impl Display) -> Self {
        Self::new(Exit::Error, message)
    }

    /// The same end, said in the light of what was being done.
    pub fn context(self, what: impl Display) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }

    /// The same end, and a sentence more.
    pub fn remark(self, sentence: impl Display) -> Self {
        Self { message: format!("{}\n{sentence}", self.message), ..self }
    }

    /// What it says.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What it says.
    pub fn text(self) -> String {
        self.message
    }

    /// Says it, and gives the code to end with.
    pub fn report(&self) -> ExitCode {
        if self.exit != Exit::Quiet {
            eprintln!("hintwire: {}", escape::lines(&self.message));
        }
        ExitCode::from(self.exit as u8)
    }
}

impl From<client::Error> for Failure {
    fn from(error: client::Error) -> Self {
        let mut message = error.to_string();
        let mut metadata: Vec<_> = error.metadata().iter().collect();
        metadata.sort();
        for (name, value) in metadata {
            message.push_str(&format!("\n  {name}: {value}"));
        }
        if let Some(advice) = advice(&error) {
            message.push_str(&format!("\n{advice}"));
        }
        Self { exit: exit(&error), message }
    }
}

fn exit(error: &client::Error) -> Exit {
    match error.code() {
        _ if error.is_cursor() => Exit::Cursor,
        Code::DataLoss => Exit::Damage,
        Code::Unavailable | Code::ResourceExhausted => Exit::Unavailable,
        _ if is_lost(error) => Exit::Unavailable,
        _ => Exit::Error,
    }
}

/// Whether it is not the hub that answered: all its own errors have a reason.
fn is_lost(error: &client::Error) -> bool {
    let codes = [Code::Unavailable, Code::Unknown, Code::Internal, Code::Cancelled];
    error.reason().is_empty() && codes.contains(&error.code())
}

fn advice(error: &client::Error) -> Option<&'static str> {
    let action = error.metadata().get("action").map_or("", String::as_str);
    match (error.reason(), action) {
        (_, "SNAPSHOT") => Some("Take `hintwire snapshot` and go on from the cursor it ends with."),
        (_, "EARLIEST") => Some("Go on with `--from earliest`, knowing that events are lost."),
        _ if is_lost(error) => {
            Some("Is a hub running there? See `hintwire serve`, and --url or HINTWIRE_URL.")
        }
        _ => None,
    }
}

impl From<FollowError> for Failure {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Hub(error) => error.into(),
            FollowError::Store(error) => Self::error(error),
            FollowError::Handler(error) => match error.downcast::<io::Error>() {
                Ok(error) => (*error).into(),
                Err(error) => Self::error(error),
            },
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let quiet = error.kind() == io::ErrorKind::BrokenPipe;
        Self::new(if quiet { Exit::Quiet } else { Exit::Error }, error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let damaged = matches!(error, OpenError::Damaged(_));
        Self::new(if damaged { Exit::Damage } else { Exit::Error }, error)
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Log(error) => error.into(),
            BackupError::Spoiled { .. } => Self::new(Exit::Damage, error),
            other => Self::error(other),
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Open(error) => error.into(),
            other => Self::error(causes(&other)),
        }
    }
}

/// An error and what is behind it.
fn causes(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", causes(cause)),
        None => error.to_string(),
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Usage, error)
    }
}
