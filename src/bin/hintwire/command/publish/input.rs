//! A file or standard input, plain or gzip.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use indicatif::ProgressBar;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BUFFER_BYTES: usize = 1 << 16;

/// Opens the input, `-` being standard input; its bytes as read from there move the bar.
pub fn open(path: &Path, bar: &ProgressBar) -> io::Result<Box<dyn BufRead + Send>> {
    if path == Path::new("-") {
        return decoded(bar.wrap_read(io::stdin()));
    }
    let file = File::open(path)?;
    bar.set_length(file.metadata()?.len());
    decoded(bar.wrap_read(file))
}

fn decoded(mut input: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let mut start = Vec::new();
    input.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut start)?;
    let gzip = start == GZIP_MAGIC;
    let whole = BufReader::with_capacity(BUFFER_BYTES, Cursor::new(start).chain(input));
    if gzip {
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(whole))));
    }
    Ok(Box::new(whole))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn read(input: Vec<u8>) -> io::Result<String> {
        let mut text = String::new();
        decoded(Cursor::new(input))?.read_to_string(&mut text).map(|_| text)
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_is_told_by_its_magic_and_may_have_many_members() {
        assert_eq!(read(b"plain".to_vec()).unwrap(), "plain");
        assert_eq!(read(b"1".to_vec()).unwrap(), "1");
        assert_eq!(read(Vec::new()).unwrap(), "");
        assert_eq!(read([gzip("a\n"), gzip("b\n")].concat()).unwrap(), "a\nb\n");
    }

    #[test]
    fn a_gzip_file_that_was_cut_short_is_an_error_and_not_a_shorter_input() {
        let whole = gzip("many words, many words, and more");
        assert!(read(whole[..whole.len() - 9].to_vec()).is_err());
    }
}
