//! Where a follower keeps its cursor.

use std::fs::{self, File};
use std::future::Future;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

/// Longest cursor token that the API allows.
const TOKEN_BYTES: usize = 64;

/// Keeps the cursor of one follower. `save` is called after the events before the cursor were handled;
/// a cursor that is lost means that events are handled again, never that one is missed.
pub trait CursorStore: Send {
    /// The cursor that was saved last; `None` if there never was one.
    fn load(&mut self) -> impl Future<Output = io::Result<Option<String>>> + Send;

    /// Keeps `cursor` in place of the one before.
    fn save(&mut self, cursor: &str) -> impl Future<Output = io::Result<()>> + Send;
}

/// Keeps the cursor in memory. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Option<String>>>);

impl MemoryStore {
    /// A store that holds `cursor` already.
    pub fn at(cursor: impl Into<String>) -> Self {
        Self(Arc::new(Mutex::new(Some(cursor.into()))))
    }

    /// The cursor it holds.
    pub fn cursor(&self) -> Option<String> {
        self.0.lock().clone()
    }
}

impl CursorStore for MemoryStore {
    async fn load(&mut self) -> io::Result<Option<String>> {
        Ok(self.cursor())
    }

    async fn save(&mut self, cursor: &str) -> io::Result<()> {
        *self.0.lock() = Some(cursor.into());
        Ok(())
    }
}

/// Keeps the cursor in a file: one line. It is replaced as a whole and synced, so after a crash it
/// holds the old cursor or the new one. The folder must exist; one follower a file.
#[derive(Debug, Clone)]
pub struct FileStore(PathBuf);

impl FileStore {
    /// A store in the file at `path`, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl CursorStore for FileStore {
    async fn load(&mut self) -> io::Result<Option<String>> {
        let path = self.0.clone();
        in_background(move || read(&path)).await
    }

    async fn save(&mut self, cursor: &str) -> io::Result<()> {
        let (path, cursor) = (self.0.clone(), cursor.to_owned());
        in_background(move || replace(&path, &cursor)).await
    }
}

async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

fn read(path: &Path) -> io::Result<Option<String>> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|error| named(path, &error))?,
    };
    let cursor = text.trim_end();
    if cursor.is_empty() || cursor.len() > TOKEN_BYTES {
        let error = io::Error::new(io::ErrorKind::InvalidData, "does not hold a cursor");
        return Err(named(path, &error));
    }
    Ok(Some(cursor.into()))
}

/// A save goes on when its caller is dropped, and the same process may follow anew by then: saves take
/// turns, or two would share one temporary file.
static SAVING: Mutex<()> = Mutex::new(());

fn replace(path: &Path, cursor: &str) -> io::Result<()> {
    let _turn = SAVING.lock();
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let new = PathBuf::from(name);
    write_synced(&new, cursor).map_err(|error| named(&new, &error))?;
    fs::rename(&new, path).and_then(|()| sync_folder(path)).map_err(|error| named(path, &error))
}

fn write_synced(path: &Path, cursor: &str) -> io::Result<()> {
    let mut file = File::create(path)?;
    writeln!(file, "{cursor}")?;
    file.sync_all()
}

/// Makes the rename durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cursor file {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_store() -> (tempfile::TempDir, PathBuf, FileStore) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cursor");
        let store = FileStore::new(&path);
        (folder, path, store)
    }

    #[tokio::test]
    async fn a_file_holds_the_cursor_saved_last_also_for_another_store() {
        let (_folder, path, mut store) = file_store();
        assert_eq!(store.load().await.unwrap(), None);
        store.save("first").await.unwrap();
        store.save("second").await.unwrap();
        assert_eq!(FileStore::new(&path).load().await.unwrap().as_deref(), Some("second"));
        assert_eq!(
            fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "no other file is left"
        );
    }

    #[tokio::test]
    async fn what_a_crash_left_of_a_save_is_ignored_and_then_replaced() {
        let (_folder, path, mut store) = file_store();
        store.save("first").await.unwrap();
        fs::write(path.with_extension("tmp"), "sec").unwrap();
        assert_eq!(store.load().await.unwrap().as_deref(), Some("first"));
        store.save("second").await.unwrap();
        assert_eq!(store.load().await.unwrap().as_deref(), Some("second"));
    }

    #[tokio::test]
    async fn a_file_that_holds_no_cursor_is_an_error_that_names_it() {
        let (_folder, path, mut store) = file_store();
        for text in ["", "\n", &"x".repeat(65)] {
            fs::write(&path, text).unwrap();
            let error = store.load().await.unwrap_err();
            assert!(error.to_string().contains("cursor"), "{error}");
        }
    }

    #[tokio::test]
    async fn saving_into_a_folder_that_is_not_there_is_an_error() {
        let (folder, _, _) = file_store();
        let mut store = FileStore::new(folder.path().join("none/cursor"));
        assert_eq!(store.save("x").await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
