use super::*;

#[test]
fn what_is_printed_loads_back() {
    let config = Config {
        ephemeral: true,
        retention_age: Duration::from_millis(90_500),
        segment_bytes: (64 << 10) + 1,
        allowed_hosts: vec!["hub.example:80".parse().unwrap(), "[::1]".parse().unwrap()],
        allowed_origins: vec!["https://app.example".parse().unwrap()],
        log_format: LogFormat::Json,
        auth: Some("auth.toml".into()),
        policy: Some("policy.toml".into()),
        tls: TlsSettings {
            certificate: Some("hub.pem".into()),
            min_version: TlsVersion::Tls12,
            ..TlsSettings::default()
        },
        ..Config::default()
    };
    assert_eq!(Config::from_toml(&config.to_toml().unwrap()), Ok(config));
    assert_eq!(Config::from_toml(""), Ok(Config::default()));
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_keys_there_are() {
    let error = Config::from_toml("streams = 5\nretention = '1d'\n").unwrap_err().to_string();
    assert!(error.contains("line 2") && error.contains("retention_age"), "{error}");
}

#[test]
fn a_value_of_the_wrong_form_says_what_to_write() {
    let error = Config::from_toml("stream_age = '30 min'").unwrap_err().to_string();
    assert!(error.contains("ms, s, m, h or d"), "{error}");
    for (toml, expected) in [
        ("allowed_origins = ['*']", "listed by name"),
        ("allowed_origins = ['https://a.example/']", "scheme://host:port"),
        ("allowed_hosts = ['http://a']", "name:port"),
    ] {
        let error = Config::from_toml(toml).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let error = Config::from_toml("segment_bytes = -1").unwrap_err().to_string();
    assert!(error.contains("not negative"), "{error}");
}

#[test]
fn a_value_out_of_its_bounds_is_refused_with_the_bounds() {
    for (toml, expected) in [
        ("segment_bytes = 1024", "segment_bytes must be 64KiB to 1GiB; it is 1KiB"),
        ("retention_bytes = '1MiB'", "must be at least 256MiB; it is 1MiB"),
        ("retention_age = '0s'", "retention_age must be at least 1s; it is 0s"),
        ("min_interval = '61s'", "min_interval must be 1ms to 1m; it is 61s"),
        ("heartbeat_interval = '1h'", "must be 1s to 2m"),
        ("batch_events = 1001", "batch_events must be 1 to 1000; it is 1001"),
        ("request_bytes = '17MiB'", "to 16MiB; it is 17MiB"),
        ("data_bytes = '5MiB'", "data_bytes must be 1B to 4MiB; it is 5MiB"),
        ("streams = 0", "streams must be at least 1; it is 0"),
        ("data = ''", "name a directory"),
        ("listen = '0.0.0.0:1'", "set auth or tls.client_ca, or allow_anonymous"),
        ("listen = '[::ffff:10.0.0.1]:1'", "others can reach"),
        ("auth = 'a'", "policy: auth or tls.client_ca says who asks"),
        ("tls = { certificate = 'a' }", "tls: certificate needs its key"),
        ("tls = { key = 'a' }", "tls: key needs its certificate"),
        ("tls = { client_ca = 'a' }", "client_ca needs a certificate"),
        ("tls = { certificate = 'a', key = 'b', crl = 'c' }", "crl needs client_ca"),
    ] {
        let error = Config::from_toml(toml).unwrap().validate().unwrap_err().to_string();
        assert!(error.contains(expected), "{toml}: {error}");
    }
    assert_eq!(Config::default().validate(), Ok(()));
}

#[test]
fn an_address_that_others_reach_is_taken_once_something_says_who_asks_or_nobody_need() {
    for toml in [
        "listen = '127.0.0.2:1'",
        "listen = '[::1]:1'",
        "listen = '[::ffff:127.0.0.1]:1'",
        "listen = '0.0.0.0:1'\nallow_anonymous = true",
        "listen = '0.0.0.0:1'\nauth = 'a'\npolicy = 'p'",
        "policy = 'p'",
        "listen = '[::]:1'\npolicy = 'p'\ntls = { certificate = 'a', key = 'b', client_ca = 'c' }",
    ] {
        assert_eq!(Config::from_toml(toml).unwrap().validate(), Ok(()), "{toml}");
    }
}

#[test]
fn defaults_are_the_documented_limits() {
    assert_eq!(Config::default().limits(), Limits::default());
}

#[cfg(feature = "cli")]
mod flags {
    use clap::{Args, FromArgMatches};

    use super::*;

    fn typed(mut config: Config, args: &[&str]) -> Result<Config, clap::Error> {
        let command = Config::augment_args_for_update(clap::Command::new("test"));
        let matches =
            command.try_get_matches_from(std::iter::once("test").chain(args.iter().copied()))?;
        config.update_from_arg_matches(&matches)?;
        Ok(config)
    }

    #[test]
    fn a_flag_overrides_the_file_and_what_is_not_typed_stays() {
        let file = Config::from_toml("streams = 5\nkeep_latest = false\ndata_bytes = 7").unwrap();
        let config = typed(file.clone(), &["--streams", "6", "--ephemeral", "--data-bytes=1KiB"]);
        assert_eq!(
            config.unwrap(),
            Config { streams: 6, ephemeral: true, data_bytes: 1024, ..file.clone() }
        );
        assert!(typed(file, &["--keep-latest=true"]).unwrap().keep_latest);
    }

    #[test]
    fn a_list_is_typed_with_commas_or_again_and_again() {
        let args = ["--allowed-hosts", "a,b", "--allowed-hosts=c", "--allowed-origins=x://y"];
        let config = typed(Config::from_toml("allowed_hosts = ['d']").unwrap(), &args).unwrap();
        let hosts = ["a", "b", "c"].map(|host| host.parse().unwrap());
        assert_eq!(config.allowed_hosts, hosts);
        assert_eq!(config.allowed_origins, ["x://y".parse().unwrap()]);
        let error = typed(Config::default(), &["--allowed-origins=*"]).unwrap_err().to_string();
        assert!(error.contains("listed by name"), "{error}");
    }

    #[test]
    fn help_names_the_default_of_every_setting() {
        let mut defaults: toml::Table = Config::default().to_toml().unwrap().parse().unwrap();
        let command = Config::augment_args_for_update(clap::Command::new("test"));
        for arg in command.get_arguments() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let default = match take(&mut defaults, arg.get_id().as_str()) {
                None => "Default: none".to_owned(),
                Some(toml::Value::String(text)) => format!("Default `{text}`"),
                Some(other) => format!("Default `{other}`"),
            };
            assert!(help.contains(&default), "{}: {help}", arg.get_id());
        }
        assert!(defaults.values().all(|left| left.as_table().is_some_and(toml::Table::is_empty)));
    }

    /// A setting by the name of its flag: that of the table `tls` begins with `tls_`.
    fn take(defaults: &mut toml::Table, name: &str) -> Option<toml::Value> {
        defaults.remove(name).or_else(|| {
            let (table, name) = name.split_once('_')?;
            defaults.get_mut(table)?.as_table_mut()?.remove(name)
        })
    }

    #[test]
    fn every_setting_has_an_environment_variable() {
        let command = Config::augment_args_for_update(clap::Command::new("test"));
        for arg in command.get_arguments() {
            let name = format!("HINTWIRE_{}", arg.get_id().as_str().to_uppercase());
            assert_eq!(arg.get_env(), Some(name.as_ref()), "{}", arg.get_id());
        }
    }
}
