use super::refusal::Refusal;

/// Whether a call may be sent again by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// Sending it twice does what sending it once does: `GET`, `HEAD`, `PUT` by digest.
    Safe,
    /// It changes something that someone else may have changed meanwhile.
    Never,
}

/// How often a call is sent at most.
pub(super) const TRIES: u32 = 4;
/// The longest time to wait before sending a call again, in milliseconds.
pub(super) const LONGEST_WAIT_MS: u64 = 60_000;

/// Whether an answer says “later”. A 500 that names a manifest is a verdict, however the registry
/// calls it.
pub(super) fn is_temporary(status: u16, refusal: Option<&Refusal>) -> bool {
    matches!(status, 408 | 429 | 502 | 503 | 504) && !refusal.is_some_and(Refusal::about_manifest)
}

/// How long to wait before the next try, in milliseconds: as `Retry-After` says, at most a minute;
/// when it is missing or hidden 1, 2, 4 s and a little more, so that many pages do not come back at
/// the same moment.
pub(super) fn wait_ms(retry_after: Option<&str>, failed_tries: u32, now_ms: u64) -> u64 {
    let stated = retry_after.and_then(|text| {
        let text = text.trim();
        match text.parse::<u64>() {
            Ok(seconds) => Some(seconds.saturating_mul(1000)),
            Err(_) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
                Some(u64::MAX)
            }
            Err(_) => parse_http_date(text).map(|date| (date * 1000).saturating_sub(now_ms)),
        }
    });
    let wait =
        stated.unwrap_or_else(|| (1000 << failed_tries.saturating_sub(1).min(6)) + now_ms % 500);
    wait.clamp(500, LONGEST_WAIT_MS)
}

/// Seconds since 1970 of an IMF-fixdate such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section
/// 5.6.7; the two obsolete forms are not read).
fn parse_http_date(text: &str) -> Option<u64> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let mut parts = text.split_once(", ")?.1.split(' ');
    let mut next = || parts.next();
    let day: u64 = next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let name = next()?;
    let month = MONTHS.find(name).filter(|at| name.len() == 3 && at % 3 == 0)? as u64 / 3 + 1;
    let year: u64 = next()?.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let mut clock = next()?.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if next()? != "GMT" || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days from the civil date, with the year starting in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 719_469;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (text, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(1_445_412_480)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49:37 CET", None),
            ("Sun, 06 nov 1994 08:49:37 GMT", None),
            ("Sun, 06 anF 1994 08:49:37 GMT", None),
            ("soon", None),
        ] {
            assert_eq!(parse_http_date(text), expected, "{text}");
        }
    }

    #[test]
    fn waits() {
        let now = 1_445_412_470_000;
        for (retry_after, failed, expected) in [
            (Some("3"), 1, 3000),
            (Some(" 0 "), 1, 500),
            (Some("1000000000"), 1, LONGEST_WAIT_MS),
            (Some("99999999999999999999999"), 1, LONGEST_WAIT_MS),
            (Some("Wed, 21 Oct 2015 07:28:00 GMT"), 1, 10_000),
            (Some("Sun, 06 Nov 1994 08:49:37 GMT"), 1, 500),
            (Some("nonsense"), 1, 1000),
            (None, 1, 1000),
            (None, 2, 2000),
            (None, 3, 4000),
            (None, 90, LONGEST_WAIT_MS),
        ] {
            assert_eq!(wait_ms(retry_after, failed, now), expected, "{retry_after:?} {failed}");
        }
    }
}
