//! Configuration files: what is read is written so that it reads back as itself.

use hintwire::config::{Config, human};

pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(config) = Config::from_toml(text) {
        let _ = (config.validate(), config.limits());
        if let Ok(written) = config.to_toml() {
            assert_eq!(Config::from_toml(&written).as_ref(), Ok(&config), "{written}");
        }
    }
    if let Ok(duration) = human::parse_duration(text) {
        assert_eq!(human::parse_duration(&human::format_duration(duration)), Ok(duration));
    }
    if let Ok(size) = human::parse_size(text) {
        assert_eq!(human::parse_size(&human::format_size(size)), Ok(size));
    }
}
