//! Certificates that have ended, or soon will.

use std::path::Path;
use std::time::{Duration, SystemTime};

use hintwire::config::TlsSettings;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::finding::Finding;

const CHECK: &str = "certificates";
const DAY: Duration = Duration::from_secs(86_400);
/// Time to get another, with a person in between.
const SOON: Duration = Duration::from_secs(30 * DAY.as_secs());

/// Looks at the certificate of the hub and at the authorities of clients, if there are any.
pub fn look(settings: &TlsSettings) -> Option<Finding> {
    let files = [settings.certificate.as_deref(), settings.client_ca.as_deref()];
    let ends = files.into_iter().flatten().filter_map(|file| Some((end(file)?, file)));
    let (end, file) = ends.min_by_key(|(end, _)| *end)?;
    Some(judge(file, end, SystemTime::now()))
}

/// When the first of a file's certificates ends.
fn end(file: &Path) -> Option<SystemTime> {
    let end = |der: CertificateDer<'_>| {
        let certificate = Certificate::from_der(&der).ok()?;
        Some(certificate.tbs_certificate().validity().not_after.to_system_time())
    };
    CertificateDer::pem_file_iter(file).ok()?.flatten().filter_map(end).min()
}

fn judge(file: &Path, end: SystemTime, now: SystemTime) -> Finding {
    let name = file.display();
    let days = |time: Duration| time.as_secs() / DAY.as_secs();
    let advice = "put another in its place; a hub that runs reads it by itself";
    match end.duration_since(now) {
        Err(ended) => {
            let found = format!("{name} ended {} days ago", days(ended.duration()));
            Finding::fail(CHECK, found, advice)
        }
        Ok(left) if left < SOON => {
            Finding::warn(CHECK, format!("{name} ends in {} days", days(left)), advice)
        }
        Ok(left) => {
            Finding::ok(CHECK, format!("the first to end is {name}, in {} days", days(left)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::finding::Verdict;

    #[test]
    fn a_certificate_is_warned_of_a_month_before_it_ends() {
        let now = SystemTime::now();
        let of = |end| judge(Path::new("a.pem"), end, now);
        for (end, verdict, days) in [
            (now + 31 * DAY, Verdict::Ok, "in 31 days"),
            (now + 29 * DAY, Verdict::Warn, "in 29 days"),
            (now - 2 * DAY, Verdict::Fail, "2 days ago"),
        ] {
            let found = of(end);
            assert!(found.verdict == verdict && found.found.contains(days), "{found}");
        }
    }
}
