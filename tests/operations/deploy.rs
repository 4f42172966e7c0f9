//! What is shipped to run a hub with.

use std::fs;
use std::path::{Path, PathBuf};

use hintwire::access::Policy;
use hintwire::config::Config;
use hintwire::identity::AuthFile;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/config")
}

#[test]
fn every_example_configuration_loads_and_is_valid() {
    let mut configurations = 0;
    for path in fs::read_dir(examples()).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        match name.as_str() {
            "auth.toml" => _ = AuthFile::read(&path).unwrap(),
            "policy.toml" => _ = Policy::from_toml(&text).unwrap(),
            _ => {
                let loaded = Config::from_toml(&text).and_then(|config| config.validate());
                loaded.unwrap_or_else(|error| panic!("{name}: {error}"));
                configurations += 1;
            }
        }
    }
    assert!(configurations >= 3);
}
